-- name: find_account
-- For signing in: the account and its hash.
SELECT id, login, subject, kind, name, name_en, language, disabled, password_hash, password_changed_at,
       password_given
  FROM account
 WHERE login = %(login)s;

-- name: upsert_account
-- Taking in the same file again changes nothing but what differs; no password leaves the old one.
INSERT INTO account (id, login, password_hash, subject, kind, name, name_en, language, shown, password_changed_at,
                     password_given)
VALUES (%(id)s, %(login)s, %(password_hash)s, %(subject)s, %(kind)s, %(name)s, %(name_en)s, %(language)s, %(shown)s, %(now)s,
        %(to_change)s)
ON CONFLICT (login) DO UPDATE
   SET password_hash = coalesce(excluded.password_hash, account.password_hash),
       password_changed_at = CASE WHEN excluded.password_hash IS NULL THEN account.password_changed_at ELSE %(now)s END,
       password_given = CASE WHEN excluded.password_hash IS NULL THEN account.password_given ELSE %(to_change)s END,
       subject = excluded.subject, kind = excluded.kind, name = excluded.name, name_en = excluded.name_en,
       language = excluded.language, shown = excluded.shown, changed_at = now();

-- name: list_shown_accounts
-- For the sign-in page of a demonstration.
SELECT login, name, name_en
  FROM account
 WHERE shown AND NOT disabled
 ORDER BY created_at, login
 LIMIT 40;

-- name: set_password_hash
-- When the cost of the hash was raised since.
UPDATE account SET password_hash = %(password_hash)s, changed_at = now() WHERE id = %(id)s;

-- name: change_password
-- By its owner: the new one, and the end of every stay.
WITH changed AS (
    UPDATE account SET password_hash = %(password_hash)s, password_changed_at = %(now)s, password_given = false, changed_at = now()
     WHERE id = %(id)s AND password_hash = %(before)s
    RETURNING id
), ended AS (
    DELETE FROM session USING changed WHERE account_id = changed.id
)
SELECT id FROM changed;

-- name: disable_account
-- Its sessions end at once with it, by the check at every request.
UPDATE account SET disabled = %(disabled)s, changed_at = now() WHERE login = %(login)s RETURNING id;

-- name: count_attempt
-- Counted before the password is looked at, so that guessing in parallel does not help. No row means blocked. Who is
-- not blocked has a moment long past: of two attempts at once, the later one may have looked at the clock before.
INSERT INTO sign_in AS known (login_digest, failures, failed_at, blocked_until)
VALUES (%(login_digest)s, 1, %(now)s, %(forgotten_before)s)
ON CONFLICT (login_digest) DO UPDATE
   SET failures = CASE WHEN known.failed_at < %(forgotten_before)s THEN 1 ELSE known.failures + 1 END,
       failed_at = %(now)s,
       blocked_until = CASE
           WHEN known.failed_at < %(forgotten_before)s OR known.failures + 1 < %(free_attempts)s THEN %(forgotten_before)s
           ELSE %(now)s + make_interval(secs => %(block_s)s * power(2, least(known.failures + 1 - %(free_attempts)s, %(doublings)s)))
       END
 WHERE known.blocked_until <= %(now)s
RETURNING failures;

-- name: find_block
-- Until when a login is blocked.
SELECT blocked_until FROM sign_in WHERE login_digest = %(login_digest)s;

-- name: forget_attempts
-- After a sign-in that worked.
DELETE FROM sign_in WHERE login_digest = %(login_digest)s;

-- name: insert_session
-- The token itself is never stored.
INSERT INTO session (token_digest, account_id, created_at, expires_at, seen_at, agent_digest, second_factor_at)
VALUES (%(token_digest)s, %(account_id)s, %(now)s, %(expires_at)s, %(now)s, %(agent_digest)s, %(second_factor_at)s);

-- name: find_session
-- A session with its account.
SELECT session.created_at, session.expires_at, session.seen_at, session.second_factor_at,
       account.id, account.login, account.subject, account.kind, account.name, account.name_en, account.language,
       account.disabled
  FROM session JOIN account ON account.id = session.account_id
 WHERE session.token_digest = %(token_digest)s;

-- name: touch_session
-- Now and then, not with every request.
UPDATE session SET seen_at = %(now)s WHERE token_digest = %(token_digest)s AND seen_at < %(now)s;

-- name: delete_session
-- Signing out.
DELETE FROM session WHERE token_digest = %(token_digest)s;

-- name: delete_over
-- What has ended by itself, a bounded slice of each kind.
WITH sessions AS (
    DELETE FROM session WHERE token_digest IN (
        SELECT token_digest FROM session WHERE expires_at < %(now)s LIMIT %(size)s)
), flows AS (
    DELETE FROM single_sign_on WHERE expires_at < %(now)s
)
DELETE FROM sign_in WHERE login_digest IN (
    SELECT login_digest FROM sign_in WHERE failed_at < %(attempts_before)s LIMIT %(size)s);

-- name: put_flow
-- A sign-in under way at the issuer.
INSERT INTO single_sign_on (flow_digest, state, expires_at)
VALUES (%(flow_digest)s, %(state)s, %(expires_at)s);

-- name: take_flow
-- Once only.
DELETE FROM single_sign_on WHERE flow_digest = %(flow_digest)s AND expires_at > %(now)s RETURNING state;

-- name: insert_photo
-- One row for every upload, even of the same picture.
INSERT INTO photo (object_key, original_key, sha256, content_type, size_bytes, width_px, height_px, taken_at,
                   longitude_deg, latitude_deg, uploaded_by, uploaded_at)
VALUES (%(object_key)s, %(original_key)s, %(sha256)s, %(content_type)s, %(size_bytes)s, %(width_px)s, %(height_px)s,
        %(taken_at)s, %(longitude_deg)s, %(latitude_deg)s, %(uploaded_by)s, %(uploaded_at)s);

-- name: find_photo_of
-- Whether this person brought this picture.
SELECT 1 FROM photo WHERE object_key = %(object_key)s AND uploaded_by = %(uploaded_by)s;
