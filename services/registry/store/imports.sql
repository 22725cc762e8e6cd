-- name: insert_import
INSERT INTO import_job (id, kind, format, crs, dry_run, file_name, columns, state, opened_by, grants, opened_at)
VALUES (%(id)s, %(kind)s, %(format)s, %(crs)s, %(dry_run)s, %(file_name)s, %(columns)s, 1, %(opened_by)s, %(grants)s,
        %(now)s);

-- name: find_import
SELECT id, kind, format, crs, dry_run, file_name, columns, state, opened_by, grants, opened_at, piece_count, size_bytes,
       read_bytes, rows_read, created_count, updated_count, unchanged_count, fault_count
  FROM import_job
 WHERE id = %(id)s AND opened_by = %(opened_by)s;

-- name: lock_import
SELECT state, piece_count, size_bytes
  FROM import_job
 WHERE id = %(id)s AND opened_by = %(opened_by)s
   FOR UPDATE;

-- name: list_imports
SELECT id, kind, format, crs, dry_run, file_name, columns, state, opened_by, grants, opened_at, piece_count, size_bytes,
       read_bytes, rows_read, created_count, updated_count, unchanged_count, fault_count
  FROM import_job
 WHERE opened_by = %(opened_by)s
 ORDER BY opened_at DESC
 LIMIT 50;

-- name: insert_piece
INSERT INTO import_piece (job_id, number, content)
VALUES (%(id)s, %(number)s, %(content)s);

-- name: count_piece
UPDATE import_job
   SET piece_count = piece_count + 1, size_bytes = size_bytes + %(bytes)s
 WHERE id = %(id)s
RETURNING size_bytes;

-- name: queue_import
UPDATE import_job
   SET state = 2
 WHERE id = %(id)s AND state = 1;

-- name: take_import
-- The oldest that waits, or whose reader went away; one reader at a time for each.
UPDATE import_job
   SET state = 3, leased_until = now() + make_interval(secs => %(lease_s)s), rows_read = 0, read_bytes = 0,
       created_count = 0, updated_count = 0, unchanged_count = 0, fault_count = 0
 WHERE id = (SELECT id FROM import_job
              WHERE state = 2 OR (state = 3 AND leased_until < now())
              ORDER BY opened_at
              LIMIT 1
                FOR UPDATE SKIP LOCKED)
RETURNING id, kind, format, crs, dry_run, file_name, columns, state, opened_by, grants, opened_at, piece_count,
          size_bytes, read_bytes, rows_read, created_count, updated_count, unchanged_count, fault_count;

-- name: read_piece
SELECT content
  FROM import_piece
 WHERE job_id = %(id)s AND number = %(number)s;

-- name: tell_progress
UPDATE import_job
   SET rows_read = %(rows_read)s, read_bytes = %(read_bytes)s, created_count = %(created)s, updated_count = %(updated)s,
       unchanged_count = %(unchanged)s, fault_count = %(faults)s,
       leased_until = now() + make_interval(secs => %(lease_s)s)
 WHERE id = %(id)s;

-- name: finish_import
UPDATE import_job
   SET state = %(state)s, rows_read = %(rows_read)s, read_bytes = size_bytes, created_count = %(created)s,
       updated_count = %(updated)s, unchanged_count = %(unchanged)s, fault_count = %(faults)s, leased_until = NULL,
       finished_at = %(now)s
 WHERE id = %(id)s;

-- name: delete_faults
DELETE FROM import_fault
 WHERE job_id = %(id)s;

-- name: insert_fault
INSERT INTO import_fault (job_id, row_number, column_name, reason, message)
VALUES (%(id)s, %(row)s, %(column)s, %(reason)s, %(message)s);

-- name: list_faults
SELECT row_number AS row, column_name AS "column", reason, message
  FROM import_fault
 WHERE job_id = %(id)s
 ORDER BY row_number, column_name
 LIMIT 1000;

-- name: delete_pieces
-- What was read, and what was opened a day ago and never run.
DELETE FROM import_piece
 WHERE job_id IN (SELECT id FROM import_job
                   WHERE state IN (4, 5) OR (state = 1 AND opened_at < now() - interval '1 day'));

-- name: plan_anew
-- A table that grows within one transaction outgrows the plan that was right when it was empty.
SET LOCAL plan_cache_mode = force_custom_plan;

-- name: find_by_keys
SELECT kind, id, key, name, address, class_code, state, owner_unit, longitude_deg, latitude_deg, grid_code, within_id,
       tags, items, sealed, retired, version, updated_at, updated_by
  FROM element
 WHERE kind = %(kind)s AND key = ANY(%(keys)s);

-- name: find_containers
SELECT kind, id, key, name, address, class_code, state, owner_unit, longitude_deg, latitude_deg, grid_code, within_id,
       tags, items, sealed, retired, version, updated_at, updated_by
  FROM element
 WHERE kind = ANY(%(kinds)s) AND key = ANY(%(keys)s) AND NOT retired;

-- name: hold_elements
SELECT id, version
  FROM element
 WHERE kind = %(kind)s AND id = ANY(%(ids)s)
   FOR UPDATE;

-- name: copy_elements
-- What is empty is no value in the two columns that may have none, and an empty text in all others.
COPY element (kind, id, key, name, address, class_code, state, owner_unit, longitude_deg, latitude_deg, grid_code,
              within_id, tags, items, sealed, phone_index, tokens, retired, updated_at, updated_by)
FROM STDIN (FORMAT csv, FORCE_NOT_NULL (key, name, address, class_code, state, owner_unit, grid_code, updated_by));
