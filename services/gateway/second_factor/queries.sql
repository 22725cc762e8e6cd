-- name: find_factor
-- The telephone bound to an account; locked, because who looks at it is about to use it.
SELECT sealed_secret, confirmed_at, last_step, failures, blocked_until
  FROM second_factor
 WHERE account_id = %(account_id)s
   FOR UPDATE;

-- name: begin_factor
-- A new telephone; one that is bound already stays.
INSERT INTO second_factor (account_id, sealed_secret) VALUES (%(account_id)s, %(sealed_secret)s)
ON CONFLICT (account_id) DO UPDATE SET sealed_secret = excluded.sealed_secret
 WHERE second_factor.confirmed_at IS NULL
RETURNING account_id;

-- name: use_step
-- A code was right: nobody may use it again.
UPDATE second_factor
   SET last_step = %(step)s, failures = 0, blocked_until = NULL, confirmed_at = coalesce(confirmed_at, %(now)s)
 WHERE account_id = %(account_id)s;

-- name: count_failure
-- A code was wrong: after some, each one costs twice the time of the one before.
UPDATE second_factor
   SET failures = failures + 1,
       blocked_until = CASE WHEN failures + 1 < %(free)s THEN NULL
                            ELSE %(now)s + make_interval(secs => %(block_s)s * power(2, least(failures + 1 - %(free)s, %(doublings)s)))
                       END
 WHERE account_id = %(account_id)s;

-- name: forgive
-- A recovery code was right.
UPDATE second_factor SET failures = 0, blocked_until = NULL WHERE account_id = %(account_id)s;

-- name: insert_recovery
-- Only digests are kept.
INSERT INTO recovery_code (account_id, digest) SELECT %(account_id)s, unnest(%(digests)s::bytea[]);

-- name: use_recovery
-- Once only.
DELETE FROM recovery_code WHERE account_id = %(account_id)s AND digest = %(digest)s RETURNING digest;

-- name: prove_session
-- This stay has shown the second proof.
UPDATE session SET second_factor_at = %(now)s WHERE token_digest = %(token_digest)s;

-- name: unbind
-- The telephone is gone: the next sign-in binds a new one, and whoever is in now must show it.
WITH account_found AS (
    SELECT id FROM account WHERE login = %(login)s
), codes AS (
    DELETE FROM recovery_code USING account_found WHERE account_id = account_found.id
), factors AS (
    DELETE FROM second_factor USING account_found WHERE account_id = account_found.id
), stays AS (
    DELETE FROM session USING account_found WHERE account_id = account_found.id
)
SELECT id FROM account_found;
