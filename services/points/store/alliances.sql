-- name: lock_alliance
-- An alliance that nobody else changes now.
SELECT code, name, area_path::text, members, version FROM alliance WHERE code = %(code)s FOR UPDATE;

-- name: save_alliance
-- As it is now.
INSERT INTO alliance (code, name, area_path, members, version, saved_at)
VALUES (%(code)s, %(name)s, %(area_path)s::ltree, %(members)s, %(version)s, %(saved_at)s)
ON CONFLICT (code) DO UPDATE
   SET name = excluded.name, area_path = excluded.area_path, members = excluded.members, version = excluded.version,
       saved_at = excluded.saved_at
 WHERE alliance.version = excluded.version - 1
RETURNING version;

-- name: list_alliances
-- By code.
SELECT code, name, area_path::text, members, version FROM alliance AS a
 WHERE (%(code)s = '' OR a.code = %(code)s)
   AND EXISTS (SELECT 1 FROM unnest(%(scope_areas)s::ltree[]) AS g(area) WHERE a.area_path <@ g.area)
   AND (%(area)s = '' OR a.area_path <@ %(area)s::ltree)
 ORDER BY a.code
 LIMIT 500;

-- name: list_sessions
-- Sessions of some alliances, oldest first.
SELECT alliance, number, chair, request_id, opened_by, opened_at, minutes, agreements, activities FROM alliance_session
 WHERE alliance = ANY (%(codes)s::text[])
 ORDER BY alliance, number;

-- name: insert_session
-- The next one.
INSERT INTO alliance_session (alliance, number, chair, request_id, opened_by, opened_at)
VALUES (%(code)s, %(number)s, %(chair)s, %(request_id)s, %(opened_by)s, %(at)s);

-- name: write_minutes
-- Once.
UPDATE alliance_session SET minutes = %(minutes)s, agreements = %(agreements)s, activities = %(activities)s
 WHERE alliance = %(code)s AND number = %(number)s AND minutes = ''
RETURNING number;
