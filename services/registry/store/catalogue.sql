-- name: save_tables
INSERT INTO catalogue_table (code, unit_code, unit_name, name, cycle)
SELECT * FROM unnest(%(codes)s::text[], %(units)s::text[], %(unit_names)s::text[], %(names)s::text[], %(cycles)s::text[])
    ON CONFLICT (code) DO UPDATE
   SET unit_name = excluded.unit_name, name = excluded.name, cycle = excluded.cycle
 WHERE (catalogue_table.unit_name, catalogue_table.name, catalogue_table.cycle)
       IS DISTINCT FROM (excluded.unit_name, excluded.name, excluded.cycle);

-- name: find_foreign
-- Tables and items that stand under another unit or table already.
SELECT code, unit_code AS owner FROM catalogue_table
 WHERE code = ANY(%(codes)s) AND unit_code <> ALL(%(units)s)
 UNION ALL
SELECT catalogue_item.code, catalogue_table.unit_code AS owner
  FROM catalogue_item
  JOIN catalogue_table ON catalogue_table.code = catalogue_item.table_code
 WHERE catalogue_item.code = ANY(%(items)s) AND catalogue_table.unit_code <> ALL(%(units)s)
 LIMIT 1;

-- name: save_items
-- A level that its owner settled stays; rows that are the same are not written.
INSERT INTO catalogue_item (code, table_code, name, type, openness, kind, element_item)
SELECT * FROM unnest(%(codes)s::text[], %(tables)s::text[], %(names)s::text[], %(types)s::text[],
                     %(openness)s::smallint[], %(kinds)s::smallint[], %(element_items)s::text[])
    ON CONFLICT (code) DO UPDATE
   SET table_code = excluded.table_code, name = excluded.name, type = excluded.type,
       openness = CASE WHEN catalogue_item.set_by_owner THEN catalogue_item.openness ELSE excluded.openness END,
       kind = excluded.kind, element_item = excluded.element_item
 WHERE (catalogue_item.table_code, catalogue_item.name, catalogue_item.type, catalogue_item.kind,
        catalogue_item.element_item,
        CASE WHEN catalogue_item.set_by_owner THEN excluded.openness ELSE catalogue_item.openness END)
       IS DISTINCT FROM (excluded.table_code, excluded.name, excluded.type, excluded.kind, excluded.element_item,
                         excluded.openness);

-- name: count_catalogue
SELECT (SELECT count(DISTINCT unit_code) FROM catalogue_table) AS units,
       (SELECT count(*) FROM catalogue_table) AS tables,
       (SELECT count(*) FROM catalogue_item) AS items;

-- name: count_openness
SELECT openness, count(*) AS count
  FROM catalogue_item
 GROUP BY openness;

-- name: search_items
SELECT catalogue_item.code, catalogue_item.table_code, catalogue_item.name, catalogue_item.type, catalogue_item.openness,
       catalogue_item.kind, catalogue_item.element_item, catalogue_table.name AS table_name, catalogue_table.unit_code
  FROM catalogue_item
  JOIN catalogue_table ON catalogue_table.code = catalogue_item.table_code
 WHERE catalogue_item.code > %(after)s
   AND (%(unit_code)s = '' OR catalogue_table.unit_code = %(unit_code)s)
   AND (%(query)s = '' OR position(%(query)s IN catalogue_item.name) > 0 OR position(%(query)s IN catalogue_table.name) > 0
        OR starts_with(catalogue_item.code, %(query)s))
 ORDER BY catalogue_item.code
 LIMIT %(size)s;

-- name: find_items
SELECT catalogue_item.code, catalogue_item.table_code, catalogue_item.name, catalogue_item.type, catalogue_item.openness,
       catalogue_item.kind, catalogue_item.element_item, catalogue_table.name AS table_name, catalogue_table.unit_code
  FROM catalogue_item
  JOIN catalogue_table ON catalogue_table.code = catalogue_item.table_code
 WHERE catalogue_item.code = ANY(%(codes)s)
 ORDER BY catalogue_item.code;

-- name: list_items_of_kind
SELECT catalogue_item.code, catalogue_item.table_code, catalogue_item.name, catalogue_item.type, catalogue_item.openness,
       catalogue_item.kind, catalogue_item.element_item, catalogue_table.name AS table_name, catalogue_table.unit_code
  FROM catalogue_item
  JOIN catalogue_table ON catalogue_table.code = catalogue_item.table_code
 WHERE catalogue_item.kind = %(kind)s AND catalogue_item.openness = 6
 ORDER BY catalogue_item.code;

-- name: set_openness
UPDATE catalogue_item
   SET openness = %(openness)s, set_by_owner = true
 WHERE code = %(code)s;

-- name: insert_loan
INSERT INTO loan (id, borrower, lender, item_codes, kind, area_code, purpose, until, state, asked_by, asked_at)
VALUES (%(id)s, %(borrower)s, %(lender)s, %(item_codes)s, %(kind)s, %(area_code)s, %(purpose)s, %(until)s, %(state)s,
        %(asked_by)s, %(asked_at)s);

-- name: find_loan
SELECT id, borrower, lender, item_codes, kind, area_code, purpose, until, state, asked_by, asked_at, reason, decided_by,
       unmasked
  FROM loan
 WHERE id = %(id)s;

-- name: lock_loan
SELECT id, borrower, lender, item_codes, kind, area_code, purpose, until, state, asked_by, asked_at, reason, decided_by,
       unmasked
  FROM loan
 WHERE id = %(id)s
   FOR UPDATE;

-- name: decide_loan
UPDATE loan
   SET state = %(state)s, reason = %(reason)s, decided_by = %(by)s, unmasked = %(unmasked)s
 WHERE id = %(id)s;

-- name: list_loans
SELECT id, borrower, lender, item_codes, kind, area_code, purpose, until, state, asked_by, asked_at, reason, decided_by,
       unmasked
  FROM loan
 WHERE (%(everyone)s OR borrower = ANY(%(departments)s) OR lender = ANY(%(departments)s))
   AND (NOT %(waiting_only)s OR state = 'waiting')
 ORDER BY asked_at DESC, id
 LIMIT 200;

-- name: insert_person_reads
INSERT INTO person_read (element_id, at, role, department, action, purpose, fields, masked)
SELECT element_id, %(at)s, %(role)s, %(department)s, %(action)s, %(purpose)s, %(fields)s, %(masked)s
  FROM unnest(%(element_ids)s::uuid[]) AS element_id;

-- name: list_person_reads
SELECT at, role, department, action, purpose, fields, masked
  FROM person_read
 WHERE element_id = %(element_id)s
 ORDER BY position DESC
 LIMIT 500;

-- name: find_person
-- Both must be of one person.
SELECT id
  FROM element
 WHERE kind = 1 AND key = ANY(%(keys)s) AND phone_index = ANY(%(phones)s) AND NOT retired;
