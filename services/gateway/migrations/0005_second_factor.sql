-- Telephones bound to accounts whose roles need a second proof.

CREATE TABLE second_factor (
    account_id    uuid        PRIMARY KEY REFERENCES account (id) ON DELETE CASCADE,
    sealed_secret bytea       NOT NULL,
    confirmed_at  timestamptz,
    last_step     bigint      NOT NULL DEFAULT 0,
    failures      integer     NOT NULL DEFAULT 0,
    blocked_until timestamptz
);
COMMENT ON COLUMN second_factor.sealed_secret IS 'sealed by services.platform.seal for its place';
COMMENT ON COLUMN second_factor.last_step IS 'the newest step of time whose code was used; older and equal ones are refused';

CREATE TABLE recovery_code (
    account_id uuid  NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    digest     bytea NOT NULL,
    PRIMARY KEY (account_id, digest)
);

ALTER TABLE session ADD COLUMN second_factor_at timestamptz;
COMMENT ON COLUMN session.second_factor_at IS 'when this stay showed its second proof; absent if it has not';
