-- Letters of appointment and of praise. The whole name is not kept with them: it lies sealed with the volunteer.

CREATE TABLE letter (
    number      text        PRIMARY KEY,
    kind        text        NOT NULL CHECK (kind IN ('appointment', 'praise')),
    owner       text        NOT NULL REFERENCES volunteer (subject),
    masked_name text        NOT NULL,
    unit        text        NOT NULL DEFAULT '',
    words       text        NOT NULL CHECK (words <> ''),
    minutes     bigint      NOT NULL DEFAULT 0 CHECK (minutes >= 0),
    issued_by   text        NOT NULL,
    issued_at   timestamptz NOT NULL,
    CONSTRAINT letter_not_for_oneself CHECK (issued_by <> owner),
    CHECK ((kind = 'praise') = (unit <> '' AND minutes > 0))
);
CREATE INDEX letter_by_owner ON letter (owner, issued_at DESC);
CREATE INDEX service_order_by_grid ON service_order (grid_code, published_at) WHERE published_at IS NOT NULL;
