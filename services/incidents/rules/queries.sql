-- name: insert_version
-- Stores a set under the next number.
INSERT INTO routing_rules (version, rules, note, created_by, created_at)
SELECT coalesce(max(r.version), 0) + 1, %(rules)s::jsonb, %(note)s, %(created_by)s, %(created_at)s
  FROM routing_rules AS r
RETURNING version;

-- name: read_version
-- One version, whole.
SELECT r.version, r.rules, r.note, r.created_by, r.created_at, jsonb_array_length(r.rules) AS rule_count, r.tried_at,
       r.tried_count, r.moved_count, r.activated_by, r.activated_at, a.version IS NOT NULL AS active
  FROM routing_rules AS r
  LEFT JOIN routing_rules_active AS a ON a.version = r.version
 WHERE r.version = %(version)s;

-- name: read_active
-- The number of the version in force; null while there is none.
SELECT version FROM routing_rules_active;

-- name: lock_active
-- Only one version comes into force at a time.
SELECT version FROM routing_rules_active FOR UPDATE;

-- name: list_versions
-- All versions without their rules, newest first.
SELECT r.version, r.note, r.created_by, r.created_at, jsonb_array_length(r.rules) AS rule_count, r.tried_at,
       r.tried_count, r.moved_count, r.activated_by, r.activated_at, a.version IS NOT NULL AS active
  FROM routing_rules AS r
  LEFT JOIN routing_rules_active AS a ON a.version = r.version
 ORDER BY r.version DESC
 LIMIT 500;

-- name: note_trial
-- What a trial on past cases showed.
UPDATE routing_rules
   SET tried_at = %(at)s, tried_count = %(tried_count)s, moved_count = %(moved_count)s
 WHERE version = %(version)s;

-- name: activate
-- Puts a version in force.
WITH noted AS (
    UPDATE routing_rules SET activated_by = %(by)s, activated_at = %(at)s WHERE version = %(version)s
)
UPDATE routing_rules_active SET version = %(version)s;

-- name: read_past
-- Cases before a place in time, newest first, as far as rules look at them.
SELECT i.id, i.number, i.task_type, i.grid_code, i.source, i.reported_at, d.description, d.form_answers,
       coalesce(jsonb_path_query_first(d.route, '$.explanation[*] ? (@.rule == "owner_unit").details.owner_unit') ->> 0,
                '-') AS owner_unit
  FROM incident AS i
  JOIN dossier AS d ON d.incident_id = i.id
 WHERE (i.reported_at, i.id) < (%(before_at)s, %(before_id)s)
 ORDER BY i.reported_at DESC, i.id DESC
 LIMIT %(size)s;

-- name: count_department_loads
-- Open cases of each department.
SELECT i.department_code AS code, count(*) AS count FROM incident AS i WHERE i.closed_at IS NULL GROUP BY 1;

-- name: count_worker_loads
-- Open cases in the hands of each post on the ground.
SELECT i.leg_receiver AS code, count(*) AS count FROM incident AS i WHERE i.closed_at IS NULL GROUP BY 1;
