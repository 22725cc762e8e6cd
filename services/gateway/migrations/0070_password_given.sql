-- Whether a password was given by somebody else, so that its owner must choose another before anything else.

ALTER TABLE account ADD COLUMN password_given boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN account.password_given IS 'Set by somebody else than its owner, and not changed since';
