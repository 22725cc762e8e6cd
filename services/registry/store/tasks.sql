-- name: read_newest_types
-- Some task types in their newest version.
SELECT type.code, type.plugin, type.admission, stored.version, stored.definition, stored.change_version
  FROM task_type AS type
  JOIN task_type_version AS stored ON stored.code = type.code AND stored.version = type.version
 WHERE type.code = ANY(%(codes)s);

-- name: list_task_types
-- Task types in their newest version, by code.
SELECT type.code, type.plugin, type.admission, stored.version, stored.definition, stored.change_version
  FROM task_type AS type
  JOIN task_type_version AS stored ON stored.code = type.code AND stored.version = type.version
 WHERE (%(department_code)s = '' OR type.department_code = %(department_code)s)
   AND (%(admission)s = 0 OR type.admission = %(admission)s)
 ORDER BY type.code;

-- name: read_types_after
-- Versions of task types that changed after a number, oldest change first.
SELECT type.code, type.plugin, type.admission, stored.version, stored.definition, stored.change_version
  FROM task_type_version AS stored
  JOIN task_type AS type ON type.code = stored.code
 WHERE stored.change_version > %(after_version)s
 ORDER BY stored.change_version
 LIMIT %(size)s;

-- name: save_task_type
INSERT INTO task_type (code, department_code, plugin, admission, version)
VALUES (%(code)s, %(department_code)s, %(plugin)s, %(admission)s, %(version)s)
    ON CONFLICT (code) DO UPDATE
   SET department_code = excluded.department_code, plugin = excluded.plugin, admission = excluded.admission,
       version = excluded.version;

-- name: insert_task_type_version
-- A definition once kept never changes; the same version again is left as it is.
INSERT INTO task_type_version (code, version, definition, created_at, change_version)
VALUES (%(code)s, %(version)s, %(definition)s, %(now)s, nextval('change_version'))
    ON CONFLICT (code, version) DO NOTHING;

-- name: touch_task_type_versions
-- Owner or admission changed, which every version shows.
UPDATE task_type_version
   SET change_version = nextval('change_version')
 WHERE code = %(code)s;

-- name: insert_decision
INSERT INTO admission_decision (id, code, before, admission, decided_by, reason, decided_at)
VALUES (%(id)s, %(code)s, %(before)s, %(admission)s, %(decided_by)s, %(reason)s, %(decided_at)s);

-- name: save_plugin
INSERT INTO plugin (name, version, sdk_version, department_code, seen_at)
VALUES (%(name)s, %(version)s, %(sdk_version)s, %(department_code)s, %(now)s)
    ON CONFLICT (name) DO UPDATE
   SET version = CASE WHEN %(newest)s THEN excluded.version ELSE plugin.version END,
       sdk_version = CASE WHEN %(newest)s THEN excluded.sdk_version ELSE plugin.sdk_version END,
       department_code = excluded.department_code, seen_at = excluded.seen_at;

-- name: delete_lost_leases
-- Instances of a plugin that went silent a day ago will not come back under the same lease.
DELETE FROM lease
 WHERE plugin = %(plugin)s AND expires_at < %(now)s::timestamptz - interval '1 day';

-- name: save_lease
-- A new lease for an instance; the one it held before is no longer worth anything.
INSERT INTO lease (id, plugin, instance_id, expires_at, release)
VALUES (%(id)s, %(plugin)s, %(instance_id)s, %(expires_at)s, %(release)s)
    ON CONFLICT (plugin, instance_id) DO UPDATE
   SET id = excluded.id, expires_at = excluded.expires_at, release = excluded.release;

-- name: find_lease
SELECT id, plugin, instance_id, expires_at, release
  FROM lease
 WHERE id = %(id)s
   FOR UPDATE;

-- name: renew_lease
UPDATE lease
   SET expires_at = %(expires_at)s
 WHERE id = %(id)s;

-- name: touch_plugin
UPDATE plugin
   SET seen_at = %(now)s
 WHERE name = %(name)s;

-- name: list_plugins
-- Each plugin, whether an instance of it holds a live lease, and the codes of its task types.
SELECT plugin.name, plugin.version, plugin.sdk_version, plugin.department_code, plugin.seen_at,
       EXISTS (SELECT 1 FROM lease WHERE lease.plugin = plugin.name AND lease.expires_at > %(now)s) AS online,
       ARRAY(SELECT type.code FROM task_type AS type WHERE type.plugin = plugin.name ORDER BY type.code) AS task_types
  FROM plugin
 ORDER BY plugin.name;
