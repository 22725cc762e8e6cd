-- name: list_versions
-- What an area settled, newest first.
SELECT version, changed_at, changed_by, reason, document
  FROM area_limits
 WHERE area_code = %(area_code)s
 ORDER BY version DESC
 LIMIT 200;

-- name: insert_version
-- A new version, unless somebody else was faster.
INSERT INTO area_limits (area_code, version, changed_at, changed_by, reason, document)
VALUES (%(area_code)s, %(version)s, %(at)s, %(by)s, %(reason)s, %(document)s::jsonb)
ON CONFLICT DO NOTHING
RETURNING version;

-- name: list_passages
-- How the newest cases of an area went through their stages: each line that led out of a state, and when the case had
-- come into that state; and where the open ones are now.
WITH tried AS MATERIALIZED (
    SELECT i.id, i.area_path::text AS area_path, i.state, i.state_since, i.closed_at
      FROM incident AS i
     WHERE i.area_path <@ %(under)s::ltree
     ORDER BY i.reported_at DESC, i.id DESC
     LIMIT %(size)s
)
SELECT t.id, t.area_path, h.from_state, h.event, h.at AS ended_at,
       (SELECT max(p.at) FROM history AS p
         WHERE p.incident_id = t.id AND p.sequence < h.sequence AND p.to_state = h.from_state
           AND p.from_state IS DISTINCT FROM p.to_state) AS begun_at
  FROM tried AS t
  JOIN history AS h ON h.incident_id = t.id AND h.from_state IS DISTINCT FROM h.to_state AND h.from_state IS NOT NULL
UNION ALL
SELECT t.id, t.area_path, t.state, '', NULL, t.state_since
  FROM tried AS t
 WHERE t.closed_at IS NULL;

-- name: list_countdowns
-- The disposal time of the newest cases of an area that had one.
SELECT t.area_path, t.time_value, t.time_unit, t.started_at, t.yellow_at, t.deadline_at, t.red_at, t.provisional,
       t.paused_at, t.stopped_at, t.remaining_us, t.dealings
  FROM (SELECT i.area_path::text AS area_path, i.time_value, i.time_unit, i.started_at, i.yellow_at, i.deadline_at,
               i.red_at, i.provisional, i.paused_at, i.stopped_at, i.remaining_us, i.dealings
          FROM incident AS i
         WHERE i.area_path <@ %(under)s::ltree
         ORDER BY i.reported_at DESC, i.id DESC
         LIMIT %(size)s) AS t
 WHERE t.started_at IS NOT NULL;

-- name: list_stays
-- The stays of the newest cases of an area in the loops that have a time.
SELECT i.area_path::text AS area_path, l.loop_level, l.received_at, coalesce(l.replied_at, i.closed_at) AS ended_at
  FROM (SELECT id, area_path, closed_at
          FROM incident
         WHERE area_path <@ %(under)s::ltree
         ORDER BY reported_at DESC, id DESC
         LIMIT %(size)s) AS i
  JOIN leg AS l ON l.incident_id = i.id AND l.loop_level < 3;
