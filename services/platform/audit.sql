-- name: insert_audit
-- Position, previous and digest are the trigger's.
INSERT INTO audit (position, id, at, who, roles, action, target, area_path, purpose, fields, row_count, masked, refused,
                   request_id, details, content, previous, digest)
VALUES (0, %(id)s, %(at)s, %(who)s, %(roles)s, %(action)s, %(target)s, %(area_path)s, %(purpose)s, %(fields)s,
        %(row_count)s, %(masked)s, %(refused)s, %(request_id)s, %(details)s, %(content)s, '', '');

-- name: read_audit_after
-- A stretch of the chain in its order.
SELECT position, id, at, who, roles, action, target, area_path, purpose, fields, row_count, masked, refused, request_id,
       details, content, previous, digest
  FROM audit
 WHERE position > %(after)s
 ORDER BY position
 LIMIT %(size)s;

-- name: read_audit_before
-- One page of the trail, newest first, of one person, one target, one action, or all.
SELECT position, id, at, who, roles, action, target, area_path, purpose, fields, row_count, masked, refused, request_id,
       details, content, previous, digest
  FROM audit
 WHERE position < %(before)s
   AND (%(who)s = '' OR who = %(who)s)
   AND (%(target)s = '' OR target = %(target)s)
   AND (%(action)s = '' OR action = %(action)s)
 ORDER BY position DESC
 LIMIT %(size)s;

-- name: read_audit_head
SELECT position, digest
  FROM audit_head;
