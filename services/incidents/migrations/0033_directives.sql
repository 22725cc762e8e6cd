-- Directives: orders that go down all levels at once, and who has read them.

CREATE TABLE directive (
    id           uuid        PRIMARY KEY,
    title        text        NOT NULL,
    body         text        NOT NULL,
    area_code    text        NOT NULL,
    area_path    ltree       NOT NULL,
    until_level  integer     NOT NULL CHECK (until_level BETWEEN 1 AND 5),
    due_at       timestamptz,
    issued_at    timestamptz NOT NULL,
    issued_by    text        NOT NULL,
    withdrawn_at timestamptz,
    withdrawn_by text        NOT NULL DEFAULT ''
);
CREATE INDEX directive_by_time ON directive (issued_at, id);

CREATE TABLE directive_receipt (
    directive_id uuid        NOT NULL REFERENCES directive,
    area_code    text        NOT NULL,
    area_path    ltree       NOT NULL,
    level        integer     NOT NULL,
    read_at      timestamptz,
    read_by      text        NOT NULL DEFAULT '',
    done_at      timestamptz,
    done_by      text        NOT NULL DEFAULT '',
    reply        text        NOT NULL DEFAULT '',
    PRIMARY KEY (directive_id, area_code)
);
COMMENT ON TABLE directive_receipt IS 'Each area a directive reached; whoever holds the post there reads it';
CREATE INDEX directive_receipt_by_area ON directive_receipt (area_code, directive_id);
