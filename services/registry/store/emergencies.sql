-- name: insert_emergency
INSERT INTO emergency (id, area_code, title, reason, opened_task_types, paused_task_types, roster, gave_way,
                       report_minutes, declared_by, declared_at, until)
VALUES (%(id)s, %(area_code)s, %(title)s, %(reason)s, %(opened_task_types)s, %(paused_task_types)s, %(roster)s,
        %(gave_way)s, %(report_minutes)s, %(declared_by)s, %(declared_at)s, %(until)s);

-- name: find_overlapping
-- An emergency in force at this area, around it or inside it.
SELECT emergency.area_code
  FROM emergency
  JOIN area ON area.code = emergency.area_code
 WHERE emergency.ended_at IS NULL
   AND (area.path @> %(area_path)s::ltree OR area.path <@ %(area_path)s::ltree)
 LIMIT 1;

-- name: lock_emergency
SELECT emergency.id, emergency.area_code, emergency.title, emergency.reason, emergency.opened_task_types,
       emergency.paused_task_types, emergency.roster, emergency.gave_way, emergency.report_minutes,
       emergency.declared_by, emergency.declared_at, emergency.until, emergency.ended_at, emergency.ended_by,
       emergency.end_reason, area.path::text AS area_path
  FROM emergency
  JOIN area ON area.code = emergency.area_code
 WHERE emergency.id = %(id)s
   FOR UPDATE OF emergency;

-- name: list_due_emergencies
SELECT id
  FROM emergency
 WHERE ended_at IS NULL AND until <= %(now)s
 ORDER BY until;

-- name: list_emergencies
SELECT id, area_code, title, reason, opened_task_types, paused_task_types, roster, report_minutes, declared_by,
       declared_at, until, ended_at, ended_by, end_reason
  FROM emergency
 WHERE area_code = ANY(%(areas)s)
   AND (NOT %(in_force_only)s OR ended_at IS NULL)
 ORDER BY declared_at DESC, id
 LIMIT 100;

-- name: end_emergency
UPDATE emergency
   SET ended_at = %(ended_at)s, ended_by = %(ended_by)s, end_reason = %(end_reason)s
 WHERE id = %(id)s;

-- name: set_mode
-- Everybody who follows areas hears of it by the new version.
UPDATE area
   SET mode = %(mode)s, version = nextval('change_version')
 WHERE code = %(code)s;

-- name: read_shifts
-- Shifts of some posts that are not over at a moment and begin before another.
SELECT post_code, staff_code, starts_at, ends_at, set_by, set_at
  FROM shift
 WHERE post_code = ANY(%(posts)s) AND ends_at > %(since)s AND starts_at < %(until)s
 ORDER BY post_code, starts_at;

-- name: delete_shift
DELETE FROM shift
 WHERE post_code = %(post_code)s AND starts_at = %(starts_at)s;

-- name: restore_shift
-- Unless somebody else was put on that time meanwhile, which then stands.
INSERT INTO shift (post_code, staff_code, starts_at, ends_at, set_by, set_at)
VALUES (%(post_code)s, %(staff_code)s, %(starts_at)s, %(ends_at)s, %(set_by)s, %(set_at)s)
    ON CONFLICT DO NOTHING;

-- name: touch_posts
UPDATE post
   SET version = nextval('change_version')
 WHERE code = ANY(%(posts)s);
