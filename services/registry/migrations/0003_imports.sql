-- Large files on their way into the books. Their pieces are sealed, since they hold personal data, and go when done.

CREATE TABLE import_job (
    id              uuid        PRIMARY KEY,
    kind            smallint    NOT NULL CHECK (kind BETWEEN 1 AND 8),
    format          smallint    NOT NULL CHECK (format BETWEEN 1 AND 3),
    crs             text        NOT NULL,
    dry_run         boolean     NOT NULL,
    file_name       text        NOT NULL DEFAULT '',
    columns         jsonb       NOT NULL DEFAULT '{}',
    state           smallint    NOT NULL CHECK (state BETWEEN 1 AND 5),
    opened_by       text        NOT NULL,
    grants          jsonb       NOT NULL,
    opened_at       timestamptz NOT NULL,
    piece_count     integer     NOT NULL DEFAULT 0,
    size_bytes      bigint      NOT NULL DEFAULT 0,
    read_bytes      bigint      NOT NULL DEFAULT 0,
    rows_read       bigint      NOT NULL DEFAULT 0,
    created_count   bigint      NOT NULL DEFAULT 0,
    updated_count   bigint      NOT NULL DEFAULT 0,
    unchanged_count bigint      NOT NULL DEFAULT 0,
    fault_count     bigint      NOT NULL DEFAULT 0,
    leased_until    timestamptz,
    finished_at     timestamptz
);
COMMENT ON TABLE import_job IS 'Files that come or came in; grants are those of whoever opened it, since it runs on without them';
CREATE INDEX import_job_waiting ON import_job (opened_at) WHERE state IN (2, 3);
CREATE INDEX import_job_by_opener ON import_job (opened_by, opened_at DESC);

CREATE TABLE import_piece (
    job_id  uuid    NOT NULL REFERENCES import_job (id) ON DELETE CASCADE,
    number  integer NOT NULL CHECK (number >= 1),
    content bytea   NOT NULL,
    PRIMARY KEY (job_id, number)
);
ALTER TABLE import_piece ALTER COLUMN content SET STORAGE EXTERNAL;

CREATE TABLE import_fault (
    job_id      uuid   NOT NULL REFERENCES import_job (id) ON DELETE CASCADE,
    row_number  bigint NOT NULL,
    column_name text   NOT NULL,
    reason      text   NOT NULL,
    message     text   NOT NULL
);
CREATE INDEX import_fault_by_job ON import_fault (job_id, row_number);
