-- The mall: goods and places; how many goods lie where is kept by the ledger, unit goods:<code>.

CREATE TABLE place (
    code      text  PRIMARY KEY,
    name      text  NOT NULL,
    address   text  NOT NULL DEFAULT '',
    hours     text  NOT NULL DEFAULT '',
    area_path ltree NOT NULL
);

CREATE TABLE goods (
    code            text        PRIMARY KEY,
    version         int         NOT NULL CHECK (version > 0),
    title           text        NOT NULL,
    title_en        text        NOT NULL DEFAULT '',
    description     text        NOT NULL DEFAULT '',
    kind            text        NOT NULL CHECK (kind IN ('goods', 'service', 'honour')),
    points          bigint      NOT NULL CHECK (points > 0),
    limit_per_month int         NOT NULL DEFAULT 0 CHECK (limit_per_month >= 0),
    picture         text        NOT NULL DEFAULT '',
    withdrawn       boolean     NOT NULL DEFAULT false,
    low_mark        int         NOT NULL DEFAULT 0 CHECK (low_mark >= 0),
    saved_at        timestamptz NOT NULL
);

CREATE TABLE redemption (
    id            uuid        PRIMARY KEY,
    owner         text        NOT NULL,
    request_id    text        NOT NULL,
    goods_code    text        NOT NULL REFERENCES goods (code),
    goods_version int         NOT NULL,
    title         text        NOT NULL,
    title_en      text        NOT NULL,
    quantity      int         NOT NULL CHECK (quantity > 0),
    points        bigint      NOT NULL CHECK (points > 0),
    place_code    text        NOT NULL REFERENCES place (code),
    month         date        NOT NULL,
    code_digest   bytea       NOT NULL UNIQUE,
    state         text        NOT NULL DEFAULT 'held'
                  CHECK (state IN ('held', 'fetched', 'cancelled', 'lapsed', 'returned')),
    at            timestamptz NOT NULL,
    until         timestamptz NOT NULL,
    ended_at      timestamptz,
    ended_by      text        NOT NULL DEFAULT '',
    UNIQUE (owner, request_id)
);
COMMENT ON TABLE redemption IS 'Name and price as they were then; the code that fetches it is kept as a digest only';
CREATE INDEX redemption_by_owner ON redemption (owner, at DESC, id DESC);
CREATE INDEX redemption_by_place ON redemption (place_code, at DESC, id DESC);
CREATE INDEX redemption_open ON redemption (until) WHERE state = 'held';
CREATE INDEX redemption_in_month ON redemption (owner, goods_code, month);
