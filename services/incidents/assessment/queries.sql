-- name: set_grid_marks
-- Marks of grids; one source marks again by replacing what it said before.
INSERT INTO grid_mark (period, grid_code, source, area_path, score, note, marked_by, marked_at)
SELECT %(period)s, m.grid_code, m.source, m.area_path::ltree, m.score, m.note, %(by)s, %(at)s
  FROM jsonb_to_recordset(%(marks)s::jsonb)
       AS m(grid_code text, source text, area_path text, score numeric, note text)
ON CONFLICT (period, grid_code, source) DO UPDATE
   SET area_path = excluded.area_path, score = excluded.score, note = excluded.note, marked_by = excluded.marked_by,
       marked_at = excluded.marked_at;

-- name: set_worker_marks
-- Marks of workers; what somebody else marked stays, and is missing from what comes back.
INSERT INTO worker_mark (period, staff_code, part, area_path, score, note, marked_by, marked_at)
SELECT %(period)s, m.staff_code, m.part, m.area_path::ltree, m.score, m.note, %(by)s, %(at)s
  FROM jsonb_to_recordset(%(marks)s::jsonb)
       AS m(staff_code text, part text, area_path text, score numeric, note text)
ON CONFLICT (period, staff_code, part) DO UPDATE
   SET area_path = excluded.area_path, score = excluded.score, note = excluded.note, marked_at = excluded.marked_at
 WHERE worker_mark.marked_by = excluded.marked_by
RETURNING staff_code, part;

-- name: list_grid_marks
-- Marks of the grids of an area.
SELECT grid_code AS code, source AS part, score
  FROM grid_mark
 WHERE period = %(period)s AND area_path <@ %(under)s::ltree;

-- name: list_worker_marks
-- Marks of the workers of an area.
SELECT staff_code AS code, part, score
  FROM worker_mark
 WHERE period = %(period)s AND area_path <@ %(under)s::ltree;

-- name: count_worker_marks
-- What cases and ratings tell of the workers of an area where nobody gave a mark: daily work by how many of the month's
-- own reports, of those judged, were found true; special tasks by what departments said, a fifth for each point.
SELECT i.reporter AS code, 'daily' AS part,
       round(100.0 * count(*) FILTER (WHERE i.ended_as NOT IN ('rejected', 'cancelled', 'not_registered')) / count(*), 2) AS score
  FROM incident AS i
 WHERE i.reported_at >= %(start)s AND i.reported_at < %(end)s AND i.source = 'grid_worker'
   AND i.area_path <@ %(under)s::ltree AND (i.registered_at IS NOT NULL OR i.closed_at IS NOT NULL)
 GROUP BY i.reporter
 UNION ALL
SELECT r.worker, 'special', round(20 * avg(r.score), 2)
  FROM side_rating AS r
 WHERE r.way = 'down' AND r.rated_at >= %(start)s AND r.rated_at < %(end)s AND r.area_path <@ %(under)s::ltree
 GROUP BY r.worker;

-- name: find_reported_before
-- The case by which people of the grid had reported the same thing before, still open at that moment.
SELECT i.id
  FROM incident AS i
 WHERE i.task_type = %(task_type)s
   AND i.reported_at < %(found_at)s AND i.reported_at >= %(found_at)s - interval '180 days'
   AND i.source = ANY (%(sources)s)
   AND (i.closed_at IS NULL OR (i.closed_at > %(found_at)s AND i.ended_as = 'closed'))
   AND i.latitude_deg BETWEEN %(latitude_deg)s - 0.001 AND %(latitude_deg)s + 0.001
   AND 6371008.8 * 2 * asin(least(1, sqrt(
           sin(radians(i.latitude_deg - %(latitude_deg)s) / 2) ^ 2
           + cos(radians(i.latitude_deg)) * cos(radians(%(latitude_deg)s))
             * sin(radians(i.longitude_deg - %(longitude_deg)s) / 2) ^ 2))) <= %(within_m)s
 ORDER BY i.reported_at
 LIMIT 1;

-- name: insert_finding
-- Something a city inspector found.
INSERT INTO city_finding (id, task_type, longitude_deg, latitude_deg, grid_code, area_path, period, found_at, found_by,
                          note, points, incident_id)
VALUES (%(id)s, %(task_type)s, %(longitude_deg)s, %(latitude_deg)s, %(grid_code)s, %(area_path)s::ltree, %(period)s,
        %(found_at)s, %(found_by)s, %(note)s, %(points)s, %(incident_id)s);

-- name: forgive_finding
-- A deduction is taken back.
UPDATE city_finding
   SET forgiven_reason = %(reason)s, forgiven_by = %(by)s, forgiven_at = %(at)s
 WHERE id = %(id)s AND EXISTS (SELECT FROM unnest(%(areas)s::ltree[]) AS held(area) WHERE area_path <@ held.area)
RETURNING id;

-- name: list_findings
-- Findings of a month, or one of them, within what the caller may see.
SELECT f.id, f.task_type, f.grid_code, f.area_path::text, f.found_at, f.found_by, f.note, f.points, f.incident_id,
       i.number, f.forgiven_reason, f.forgiven_by
  FROM city_finding AS f
  LEFT JOIN incident AS i ON i.id = f.incident_id
 WHERE (%(id)s::uuid IS NULL OR f.id = %(id)s)
   AND (%(period)s::text IS NULL OR f.period = %(period)s)
   AND f.area_path <@ %(under)s::ltree
   AND EXISTS (SELECT FROM unnest(%(areas)s::ltree[]) AS held(area) WHERE f.area_path <@ held.area)
 ORDER BY f.found_at DESC, f.id
 LIMIT %(size)s;

-- name: sum_deductions
-- What is deducted from each grid of an area.
SELECT grid_code AS code, sum(points) AS points
  FROM city_finding
 WHERE period = %(period)s AND area_path <@ %(under)s::ltree AND incident_id IS NULL AND forgiven_reason = ''
 GROUP BY grid_code;

-- name: find_edition
-- One edition, or the newest.
SELECT edition, published_at, published_by,
       (SELECT max(edition) FROM standing_edition AS newest
         WHERE newest.kind = e.kind AND newest.period = e.period AND newest.area_code = e.area_code) AS newest
  FROM standing_edition AS e
 WHERE kind = %(kind)s AND period = %(period)s AND area_code = %(area_code)s
   AND (%(edition)s::integer IS NULL OR edition = %(edition)s)
 ORDER BY edition DESC
 LIMIT 1;

-- name: list_standings
-- The lines of an edition.
SELECT code, score, rank, mention, parts
  FROM standing
 WHERE kind = %(kind)s AND period = %(period)s AND area_code = %(area_code)s AND edition = %(edition)s;

-- name: lock_editions
-- Two who publish the same month come one after the other.
SELECT pg_advisory_xact_lock(hashtextextended(%(name)s, 7));

-- name: insert_edition
-- A new edition with its lines.
WITH made AS (
    INSERT INTO standing_edition (kind, period, area_code, edition, area_path, published_at, published_by)
    VALUES (%(kind)s, %(period)s, %(area_code)s, %(edition)s, %(area_path)s::ltree, %(at)s, %(by)s)
)
INSERT INTO standing (kind, period, area_code, edition, code, score, rank, mention, parts)
SELECT %(kind)s, %(period)s, %(area_code)s, %(edition)s, s.code, s.score, s.rank, s.mention, s.parts
  FROM jsonb_to_recordset(%(standings)s::jsonb)
       AS s(code text, score numeric, rank integer, mention text, parts jsonb);

-- name: list_year
-- The scores of a year, each month by its newest edition.
SELECT s.code, s.period, s.score
  FROM standing AS s
  JOIN (SELECT period, max(edition) AS edition
          FROM standing_edition
         WHERE kind = %(kind)s AND area_code = %(area_code)s AND period LIKE %(year)s || '-%%'
         GROUP BY period) AS newest USING (period, edition)
 WHERE s.kind = %(kind)s AND s.area_code = %(area_code)s AND s.score IS NOT NULL;
