-- Other systems that speak Open311: their keys, what they filed, and what happened since.

CREATE TABLE open311_key (
    digest     bytea       PRIMARY KEY,
    name       text        NOT NULL UNIQUE CHECK (name ~ '^[a-z0-9][a-z0-9-]{1,39}$'),
    contact    text        NOT NULL,
    created_at timestamptz NOT NULL,
    revoked_at timestamptz
);
COMMENT ON TABLE open311_key IS 'Who may file; only a digest of each key is kept';

CREATE TABLE open311_filing (
    token    text        PRIMARY KEY,
    key_name text        NOT NULL,
    subject  text        NOT NULL,
    report   bytea,
    filed_at timestamptz NOT NULL,
    tried_at timestamptz NOT NULL,
    number   text        NOT NULL DEFAULT '',
    fault    text        NOT NULL DEFAULT ''
);
COMMENT ON TABLE open311_filing IS 'Every filing; one without number and fault still waits for the case service';
COMMENT ON COLUMN open311_filing.report IS 'the request to repeat; gone once it was answered';
CREATE INDEX open311_filing_waiting ON open311_filing (tried_at) WHERE number = '' AND fault = '';
CREATE INDEX open311_filing_by_number ON open311_filing (number) WHERE number <> '';

CREATE TABLE open311_update (
    id          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number      text        NOT NULL,
    task_type   text        NOT NULL,
    state       text        NOT NULL,
    event       text        NOT NULL,
    words       text        NOT NULL,
    happened_at timestamptz NOT NULL
);
COMMENT ON TABLE open311_update IS 'What happened to published cases, as their reporters may read it';
CREATE INDEX open311_update_by_time ON open311_update (happened_at, id);
CREATE INDEX open311_update_by_case ON open311_update (number, id);
