-- name: save_terminal
-- Binding puts a withdrawn phone back in force.
INSERT INTO terminal (id, grid_code, staff_code, bound_by, bound_at)
VALUES (%(id)s, %(grid_code)s, %(staff_code)s, %(by)s, %(now)s)
    ON CONFLICT (id) DO UPDATE
   SET grid_code = excluded.grid_code, staff_code = excluded.staff_code, bound_by = excluded.bound_by,
       bound_at = excluded.bound_at, revoked_at = NULL;

-- name: revoke_terminal
UPDATE terminal
   SET revoked_at = %(now)s
 WHERE id = %(id)s;

-- name: end_terminal_span
UPDATE terminal_span
   SET ended_at = greatest(%(now)s, began_at), ended_by = %(ended_by)s, reason = %(reason)s
 WHERE terminal_id = %(id)s AND ended_at IS NULL;

-- name: begin_terminal_span
INSERT INTO terminal_span (terminal_id, began_at, grid_code, staff_code, bound_by)
VALUES (%(id)s, %(now)s, %(grid_code)s, %(staff_code)s, %(by)s)
    ON CONFLICT (terminal_id, began_at) DO UPDATE
   SET grid_code = excluded.grid_code, staff_code = excluded.staff_code, bound_by = excluded.bound_by,
       ended_at = NULL, ended_by = '', reason = '';

-- name: find_terminal
SELECT terminal.id, terminal.grid_code, terminal.staff_code, terminal.bound_at, terminal.revoked_at,
       area.path::text AS area_path
  FROM terminal
  JOIN area ON area.code = terminal.grid_code
 WHERE terminal.id = %(id)s;

-- name: list_terminals
SELECT terminal.id, terminal.grid_code, terminal.staff_code, terminal.bound_at, terminal.revoked_at,
       area.path::text AS area_path
  FROM terminal
  JOIN area ON area.code = terminal.grid_code
 WHERE terminal.id > %(after)s AND terminal.grid_code = ANY(%(grids)s)
 ORDER BY terminal.id
 LIMIT %(size)s;

-- name: list_terminal_spans
SELECT grid_code, staff_code, began_at, ended_at, ended_by
  FROM terminal_span
 WHERE terminal_id = %(id)s
 ORDER BY began_at DESC
 LIMIT 200;

-- name: list_terminal_refusals
SELECT refused_at, grid_code, found_grid_code, asked_by
  FROM terminal_refusal
 WHERE terminal_id = %(id)s
 ORDER BY refused_at DESC
 LIMIT 100;

-- name: insert_terminal_refusal
INSERT INTO terminal_refusal (id, terminal_id, grid_code, found_grid_code, longitude_deg, latitude_deg, asked_by,
                              refused_at)
VALUES (%(id)s, %(terminal_id)s, %(grid_code)s, %(found_grid_code)s, %(longitude_deg)s, %(latitude_deg)s,
        %(asked_by)s, %(now)s);
