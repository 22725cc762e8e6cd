-- name: find_open_around
-- Open cases in cells, the newest first; each asked place has its cells, its edges and its earliest moment. A dossier is
-- looked up for each by its key, and cases by their cell, however small the tables were when the plan was made: the open
-- ones are counted as num_nulls, lest a plan reads all open cases since that moment for each cell by their own index.
SELECT asked.place AS asked_place, i.id, i.number, i.task_type, i.longitude_deg, i.latitude_deg, i.reported_at,
       i.reporter, i.source, i.state, i.closed_at, i.grid_code, i.area_path::text AS area_path, i.department_code,
       d.description, d.place,
       (SELECT count(*) FROM case_follower AS f WHERE f.incident_id = i.id) AS follower_count
  FROM unnest(%(places)s::integer[], %(rows)s::integer[], %(columns)s::integer[], %(sinces)s::timestamptz[],
              %(wests)s::float8[], %(souths)s::float8[], %(easts)s::float8[], %(norths)s::float8[])
       AS asked(place, cell_row, cell_column, since, west, south, east, north)
 CROSS JOIN LATERAL (
       SELECT n.id, n.number, n.task_type, n.longitude_deg, n.latitude_deg, n.reported_at, n.reporter, n.source,
              n.state, n.closed_at, n.grid_code, n.area_path, n.department_code
         FROM incident AS n
        WHERE floor(n.latitude_deg * 1000)::integer = asked.cell_row
          AND floor(n.longitude_deg * 1000)::integer = asked.cell_column
          AND n.longitude_deg BETWEEN asked.west AND asked.east
          AND n.latitude_deg BETWEEN asked.south AND asked.north
          AND n.reported_at >= asked.since
          AND num_nulls(n.closed_at) = 1
        ORDER BY n.reported_at DESC
        LIMIT %(most)s) AS i
 CROSS JOIN LATERAL (SELECT o.description, o.place FROM dossier AS o WHERE o.incident_id = i.id LIMIT 1) AS d;

-- name: find_closed_around
-- Closed cases of a kind in cells that were reported since a moment, the newest first.
SELECT asked.place AS asked_place, i.id, i.number, i.task_type, i.longitude_deg, i.latitude_deg, i.reported_at,
       i.reporter, i.source, i.state, i.closed_at, i.grid_code, i.area_path::text AS area_path, i.department_code,
       '' AS description, '' AS place, 0 AS follower_count
  FROM unnest(%(places)s::integer[], %(rows)s::integer[], %(columns)s::integer[], %(sinces)s::timestamptz[],
              %(task_types)s::text[]) AS asked(place, cell_row, cell_column, since, task_type)
 CROSS JOIN LATERAL (
       SELECT n.id, n.number, n.task_type, n.longitude_deg, n.latitude_deg, n.reported_at, n.reporter, n.source,
              n.state, n.closed_at, n.grid_code, n.area_path, n.department_code
         FROM incident AS n
        WHERE floor(n.latitude_deg * 1000)::integer = asked.cell_row
          AND floor(n.longitude_deg * 1000)::integer = asked.cell_column
          AND n.reported_at >= asked.since
          AND n.ended_as = 'closed'
          AND n.task_type = asked.task_type
        ORDER BY n.reported_at DESC
        LIMIT %(most)s) AS i;

-- name: read_compared
-- Cases by id, as they are compared and glimpsed.
SELECT 0 AS asked_place, i.id, i.number, i.task_type, i.longitude_deg, i.latitude_deg, i.reported_at, i.reporter,
       i.source, i.state, i.closed_at, i.grid_code, i.area_path::text AS area_path, i.department_code, d.description,
       d.place, (SELECT count(*) FROM case_follower AS f WHERE f.incident_id = i.id) AS follower_count
  FROM incident AS i
  JOIN dossier AS d ON d.incident_id = i.id
 WHERE i.id = ANY (%(ids)s);

-- name: list_span
-- Cases of an area in a span of time that count for hotspots: neither refused nor merged into another.
SELECT 0 AS asked_place, i.id, i.number, i.task_type, i.longitude_deg, i.latitude_deg, i.reported_at, i.reporter,
       i.source, i.state, i.closed_at, i.grid_code, i.area_path::text AS area_path, i.department_code,
       '' AS description, '' AS place, 0 AS follower_count
  FROM incident AS i
 WHERE i.reported_at >= %(since)s
   AND i.ended_as IN ('', 'closed')
   AND (%(task_type)s::text IS NULL OR i.task_type = %(task_type)s)
   AND i.area_path <@ %(under)s::ltree
   AND EXISTS (SELECT FROM unnest(%(areas)s::ltree[], %(departments)s::text[]) AS held(area, department)
                WHERE i.area_path <@ held.area AND (held.department = '' OR held.department = i.department_code))
   AND NOT EXISTS (SELECT FROM case_merge AS m WHERE m.incident_id = i.id)
 ORDER BY i.reported_at DESC
 LIMIT %(most)s;

-- name: lock_cases
-- Nobody else joins these at the same time; always locked in the same order.
SELECT id FROM incident WHERE id = ANY (%(ids)s) ORDER BY id FOR NO KEY UPDATE;

-- name: find_master
-- The case into which one was merged.
SELECT master_id FROM case_merge WHERE incident_id = %(id)s;

-- name: insert_merges
-- Cases that end in a master; whatever was merged into them before goes along.
WITH moved AS (
    UPDATE case_merge SET master_id = %(master_id)s WHERE master_id = ANY (%(ids)s)
)
INSERT INTO case_merge (incident_id, master_id, merged_by, merged_at, opinion)
SELECT merged.id, %(master_id)s, %(merged_by)s, %(merged_at)s, %(opinion)s
  FROM unnest(%(ids)s::uuid[]) AS merged(id);

-- name: move_followers
-- Reporters and followers of merged cases follow the master; its own reporter needs not.
INSERT INTO case_follower (incident_id, subject, since, words, via_id)
SELECT DISTINCT ON (f.subject) %(master_id)s::uuid, f.subject, %(at)s::timestamptz, f.words, f.via_id
  FROM (SELECT i.reporter AS subject, '' AS words, i.id AS via_id
          FROM incident AS i WHERE i.id = ANY (%(ids)s)
         UNION ALL
        SELECT c.subject, c.words, coalesce(c.via_id, c.incident_id)
          FROM case_follower AS c WHERE c.incident_id = ANY (%(ids)s)) AS f
 WHERE f.subject <> (SELECT m.reporter FROM incident AS m WHERE m.id = %(master_id)s)
 ORDER BY f.subject, f.words DESC
ON CONFLICT DO NOTHING;

-- name: insert_follower
-- Somebody says "me too".
INSERT INTO case_follower (incident_id, subject, since, words)
VALUES (%(id)s, %(subject)s, %(since)s, %(words)s)
ON CONFLICT DO NOTHING;

-- name: list_followed
-- What somebody follows, newest first.
SELECT f.incident_id
  FROM case_follower AS f
 WHERE f.subject = %(subject)s
 ORDER BY f.since DESC
 LIMIT %(most)s;

-- name: read_relations
-- Everything one case has to do with others, with the kind of each relation.
SELECT 'master' AS kind, m.master_id AS other_id, 0::double precision AS score, 0::double precision AS distance_m
  FROM case_merge AS m WHERE m.incident_id = %(id)s
 UNION ALL
SELECT 'merged', m.incident_id, 0, 0 FROM case_merge AS m WHERE m.master_id = %(id)s
 UNION ALL
SELECT l.kind, l.other_id, l.score, l.distance_m FROM case_link AS l WHERE l.incident_id = %(id)s
 UNION ALL
SELECT l.kind, l.incident_id, l.score, l.distance_m
  FROM case_link AS l WHERE l.other_id = %(id)s AND l.kind = 'same';

-- name: insert_links
-- Remembers what newly come cases are like.
INSERT INTO case_link (incident_id, other_id, kind, score, distance_m)
SELECT link.incident_id, link.other_id, link.kind, link.score, link.distance_m
  FROM unnest(%(ids)s::uuid[], %(others)s::uuid[], %(kinds)s::text[], %(scores)s::double precision[],
              %(distances)s::double precision[]) AS link(incident_id, other_id, kind, score, distance_m)
ON CONFLICT DO NOTHING;

-- name: list_likeness
-- The measures settled.
SELECT task_type, distance_m, hours, recurrence_days FROM likeness ORDER BY task_type;

-- name: set_likeness
-- Settles the measure of one task type.
INSERT INTO likeness (task_type, distance_m, hours, recurrence_days)
VALUES (%(task_type)s, %(distance_m)s, %(hours)s, %(recurrence_days)s)
ON CONFLICT (task_type) DO UPDATE
   SET distance_m = excluded.distance_m, hours = excluded.hours, recurrence_days = excluded.recurrence_days;
