-- name: list_rules
-- Newest first.
SELECT version, content, reason, author, written_at, tried_at IS NOT NULL AS tried, effective_at
  FROM rules ORDER BY version DESC;

-- name: insert_rules
-- The next version.
INSERT INTO rules (version, content, reason, author, written_at)
SELECT coalesce(max(version), 0) + 1, %(content)s::jsonb, %(reason)s, %(author)s, %(at)s FROM rules
RETURNING version;

-- name: mark_tried
-- It was tried on orders of the past.
UPDATE rules SET tried_at = coalesce(tried_at, %(at)s) WHERE version = %(version)s RETURNING version;

-- name: activate_rules
-- It holds from a moment on; nothing when it was not tried.
UPDATE rules SET effective_at = %(effective_at)s
 WHERE version = %(version)s AND tried_at IS NOT NULL AND effective_at IS NULL
RETURNING version;

-- name: insert_adjustment
-- A correction somebody asks for, once.
INSERT INTO adjustment (id, owner, amount, reason, proposer, proposed_at)
VALUES (%(id)s, %(owner)s, %(amount)s, %(reason)s, %(proposer)s, %(at)s)
ON CONFLICT DO NOTHING;

-- name: lock_adjustment
-- A correction that nobody else decides now.
SELECT id, owner, amount, reason, proposer, proposed_at, decider, state, decided_at
  FROM adjustment WHERE id = %(id)s FOR UPDATE;

-- name: decide_adjustment
-- Decided, once.
UPDATE adjustment SET state = %(state)s, decider = %(decider)s, decided_at = %(at)s
 WHERE id = %(id)s AND state = 'proposed';

-- name: list_adjustments
-- Newest first.
SELECT id, owner, amount, reason, proposer, proposed_at, decider, state, decided_at
  FROM adjustment WHERE NOT %(open_only)s OR state = 'proposed'
 ORDER BY proposed_at DESC LIMIT 200;
