-- name: insert_directive
-- An order and all areas it reaches.
WITH given AS (
    INSERT INTO directive (id, title, body, area_code, area_path, until_level, due_at, issued_at, issued_by)
    VALUES (%(id)s, %(title)s, %(body)s, %(area_code)s, %(area_path)s::ltree, %(until_level)s, %(due_at)s,
            %(issued_at)s, %(issued_by)s)
    RETURNING id
)
INSERT INTO directive_receipt (directive_id, area_code, area_path, level)
SELECT given.id, r.area_code, r.area_path::ltree, r.level
  FROM given, jsonb_to_recordset(%(receivers)s::jsonb) AS r(area_code text, area_path text, level integer);

-- name: list_directives
-- Orders within what the caller may see, or addressed to the caller's posts; newest first, or one of them.
SELECT d.id, d.title, d.body, d.area_code, d.area_path::text, d.until_level, d.due_at, d.issued_at, d.issued_by,
       d.withdrawn_at, own.own_count, own.own_unread_count, own.own_open_count
  FROM directive AS d
 CROSS JOIN LATERAL (
       SELECT count(*) AS own_count,
              count(*) FILTER (WHERE r.read_at IS NULL) AS own_unread_count,
              count(*) FILTER (WHERE CASE WHEN d.due_at IS NULL THEN r.read_at ELSE r.done_at END IS NULL)
                  AS own_open_count
         FROM directive_receipt AS r
        WHERE r.directive_id = d.id AND r.area_code = ANY (%(held)s)) AS own
 WHERE (%(id)s::uuid IS NULL OR d.id = %(id)s)
   AND (own.own_count > 0
        OR (NOT %(mine_only)s
            AND EXISTS (SELECT FROM directive_receipt AS r, unnest(%(areas)s::ltree[]) AS seen(area)
                         WHERE r.directive_id = d.id AND r.area_path <@ seen.area)))
   AND (NOT %(open_only)s OR (own.own_open_count > 0 AND d.withdrawn_at IS NULL))
   AND (%(before_at)s::timestamptz IS NULL OR (d.issued_at, d.id) < (%(before_at)s, %(before_id)s::uuid))
 ORDER BY d.issued_at DESC, d.id DESC
 LIMIT %(size)s;

-- name: count_receipts
-- Receipts by level, within what the caller may see.
SELECT r.level, count(*) AS area_count, count(r.read_at) AS read_count, count(r.done_at) AS done_count
  FROM directive_receipt AS r
 WHERE r.directive_id = %(id)s
   AND (r.area_code = ANY (%(held)s)
        OR EXISTS (SELECT FROM unnest(%(areas)s::ltree[]) AS seen(area) WHERE r.area_path <@ seen.area))
 GROUP BY r.level
 ORDER BY r.level;

-- name: list_unread
-- Areas that have not read it, within what the caller may see.
SELECT r.level, r.area_code
  FROM directive_receipt AS r
 WHERE r.directive_id = %(id)s AND r.read_at IS NULL AND (%(level)s = 0 OR r.level = %(level)s)
   AND (r.area_code = ANY (%(held)s)
        OR EXISTS (SELECT FROM unnest(%(areas)s::ltree[]) AS seen(area) WHERE r.area_path <@ seen.area))
   AND (r.level, r.area_code) > (%(after_level)s, %(after_code)s)
 ORDER BY r.level, r.area_code
 LIMIT %(size)s;

-- name: acknowledge
-- Whoever holds the posts has read it, and perhaps carried it out; what was said first stays.
UPDATE directive_receipt
   SET read_at = coalesce(read_at, %(at)s),
       read_by = CASE WHEN read_at IS NULL THEN %(by)s ELSE read_by END,
       done_at = CASE WHEN %(done)s THEN coalesce(done_at, %(at)s) ELSE done_at END,
       done_by = CASE WHEN %(done)s AND done_at IS NULL THEN %(by)s ELSE done_by END,
       reply = CASE WHEN reply = '' THEN %(reply)s ELSE reply END
 WHERE directive_id = %(id)s AND area_code = ANY (%(held)s);

-- name: withdraw
-- It no longer holds.
UPDATE directive
   SET withdrawn_at = coalesce(withdrawn_at, %(at)s),
       withdrawn_by = CASE WHEN withdrawn_at IS NULL THEN %(by)s ELSE withdrawn_by END
 WHERE id = %(id)s;
