-- name: insert_errand
-- Opens a ticket.
INSERT INTO errand (id, version, state, mode, grid_code, area_path, person_id, matter, consent_key, consent_until,
                    opened_at)
VALUES (%(id)s, 1, 'open', %(mode)s, %(grid_code)s, %(area_path)s::ltree, %(person_id)s, %(matter)s, %(consent_key)s,
        %(consent_until)s, %(opened_at)s);

-- name: insert_line
-- One more line, after those there are.
INSERT INTO errand_line (errand_id, sequence, at, by, place, mode, state, words)
VALUES (%(id)s, %(sequence)s, %(at)s, %(by)s, %(place)s, %(mode)s, %(state)s, %(words)s);

-- name: lock_errand
-- One the caller may see; nobody else goes on with it meanwhile.
SELECT e.id, e.version, e.state, e.mode, e.grid_code, e.area_path::text AS area_path, e.person_id, e.matter,
       e.consent_key, e.consent_until, e.opened_at
  FROM errand AS e
 WHERE e.id = %(id)s
   AND EXISTS (SELECT FROM unnest(%(areas)s::ltree[], %(departments)s::text[]) AS held(area, department)
                WHERE held.department = '' AND e.area_path <@ held.area)
   FOR NO KEY UPDATE OF e;

-- name: find_errand
-- One the caller may see.
SELECT e.id, e.version, e.state, e.mode, e.grid_code, e.area_path::text AS area_path, e.person_id, e.matter,
       e.consent_key, e.consent_until, e.opened_at
  FROM errand AS e
 WHERE e.id = %(id)s
   AND EXISTS (SELECT FROM unnest(%(areas)s::ltree[], %(departments)s::text[]) AS held(area, department)
                WHERE held.department = '' AND e.area_path <@ held.area);

-- name: save_errand
-- How it goes on.
UPDATE errand
   SET version = %(version)s, state = %(state)s, mode = %(mode)s, consent_key = %(consent_key)s,
       consent_until = %(consent_until)s
 WHERE id = %(id)s;

-- name: list_errands
-- A page within an area, newest first.
SELECT e.id, e.version, e.state, e.mode, e.grid_code, e.area_path::text AS area_path, e.person_id, e.matter,
       e.consent_key, e.consent_until, e.opened_at
  FROM errand AS e
 WHERE e.area_path <@ %(under)s::ltree
   AND EXISTS (SELECT FROM unnest(%(areas)s::ltree[], %(departments)s::text[]) AS held(area, department)
                WHERE held.department = '' AND e.area_path <@ held.area)
   AND (NOT %(open_only)s OR e.state = 'open')
   AND (%(before_at)s::timestamptz IS NULL OR (e.opened_at, e.id) < (%(before_at)s, %(before_id)s))
 ORDER BY e.opened_at DESC, e.id DESC
 LIMIT %(size)s;

-- name: list_lines
-- What was done, oldest first.
SELECT at, by, place, mode, state, words FROM errand_line WHERE errand_id = %(id)s ORDER BY sequence;
