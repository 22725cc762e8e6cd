-- When a password was set, for cities whose standard wants it changed now and then.

ALTER TABLE account ADD COLUMN password_changed_at timestamptz NOT NULL DEFAULT now();
COMMENT ON COLUMN account.password_changed_at IS 'When this password was set; a newer hash of the same password does not count';
