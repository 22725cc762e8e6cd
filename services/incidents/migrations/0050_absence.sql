-- When departments' programs were away, and how many open cases people carried alone meanwhile.

CREATE TABLE absence (
    id              uuid        PRIMARY KEY,
    plugin          text        NOT NULL,
    release         text        NOT NULL,
    department_code text        NOT NULL,
    cause           text        NOT NULL CHECK (cause IN ('offline', 'suspended', 'withdrawn')),
    task_types      text[]      NOT NULL,
    area_codes      text[]      NOT NULL,
    reported_from   timestamptz,
    reported_until  timestamptz,
    desk            text        NOT NULL,
    since_at        timestamptz NOT NULL,
    due_at          timestamptz NOT NULL,
    reached         uuid,
    case_count      integer     NOT NULL DEFAULT 0,
    fell_back_at    timestamptz,
    until_at        timestamptz
);
COMMENT ON TABLE absence IS 'A department''s program that is or was away; its open cases fall back to a desk when it is due';
COMMENT ON COLUMN absence.reached IS 'The last case that was told of it; the others follow some at a time';
CREATE UNIQUE INDEX absence_current ON absence (plugin, release) WHERE until_at IS NULL;
CREATE INDEX absence_newest ON absence (since_at DESC);
