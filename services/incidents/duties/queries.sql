-- name: save_draft
-- A draft, new or changed.
INSERT INTO duty (id, version, area_code, area_path, title, definition, quantity, unit, steps, measure, accountable,
                  due_at)
VALUES (%(id)s, %(version)s, %(area_code)s, %(area_path)s::ltree, %(title)s, %(definition)s, %(quantity)s, %(unit)s,
        %(steps)s, %(measure)s, %(accountable)s, %(due_at)s)
ON CONFLICT (id) DO UPDATE
   SET version = excluded.version, area_code = excluded.area_code, area_path = excluded.area_path,
       title = excluded.title, definition = excluded.definition, quantity = excluded.quantity, unit = excluded.unit,
       steps = excluded.steps, measure = excluded.measure, accountable = excluded.accountable,
       due_at = excluded.due_at;

-- name: publish
-- From now on it counts.
UPDATE duty SET version = %(version)s, published_at = %(published_at)s WHERE id = %(id)s;

-- name: record_work
-- How much was done, and the sum.
WITH noted AS (
    INSERT INTO duty_work (duty_id, at, by, quantity, words)
    VALUES (%(id)s, %(at)s, %(by)s, %(quantity)s, %(words)s)
)
UPDATE duty SET done = done + %(quantity)s, version = version + 1 WHERE id = %(id)s;

-- name: appraise
-- An appraisal; a later one of the same quarter by the same takes its place.
INSERT INTO duty_appraisal (duty_id, quarter, appraiser, score, words, by, at)
VALUES (%(id)s, %(quarter)s, %(appraiser)s, %(score)s, %(words)s, %(by)s, %(at)s)
ON CONFLICT (duty_id, quarter, appraiser) DO UPDATE
   SET score = excluded.score, words = excluded.words, by = excluded.by, at = excluded.at;

-- name: lock_duty
-- Nobody else changes it meanwhile.
SELECT id FROM duty WHERE id = %(id)s FOR NO KEY UPDATE;

-- name: list_duties
-- Duties within an area, the next to fall due first; by id, just that one. Looking upwards, published ones of the
-- areas in which it lies, and in which the caller works, are among them.
SELECT d.id, d.version, d.area_code, d.area_path::text AS area_path, d.title, d.definition, d.quantity, d.unit,
       d.steps, d.measure, d.accountable, d.due_at, d.published_at, d.done,
       (SELECT json_agg(json_build_object('quarter', a.quarter, 'appraiser', a.appraiser, 'score', a.score,
                                          'words', a.words) ORDER BY a.quarter, a.appraiser)
          FROM duty_appraisal AS a WHERE a.duty_id = d.id) AS appraisals
  FROM duty AS d
 WHERE (%(id)s::uuid IS NULL OR d.id = %(id)s)
   AND (d.area_path <@ %(under)s::ltree OR (%(upwards)s AND %(under)s::ltree <@ d.area_path))
   AND EXISTS (SELECT FROM unnest(%(areas)s::ltree[], %(departments)s::text[]) AS held(area, department)
                WHERE held.department = ''
                  AND (d.area_path <@ held.area
                       OR (%(upwards)s AND d.published_at IS NOT NULL AND held.area <@ d.area_path)))
   AND (%(with_drafts)s OR d.published_at IS NOT NULL)
 ORDER BY d.due_at, d.id
 LIMIT %(size)s;
