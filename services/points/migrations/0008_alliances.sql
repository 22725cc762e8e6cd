-- Alliances of units, and the sessions of their joint conferences.

CREATE TABLE alliance (
    code      text        PRIMARY KEY,
    name      text        NOT NULL,
    area_path ltree       NOT NULL,
    members   text[]      NOT NULL CHECK (cardinality(members) BETWEEN 2 AND 200),
    version   int         NOT NULL CHECK (version > 0),
    saved_at  timestamptz NOT NULL
);
CREATE INDEX alliance_by_area ON alliance USING gist (area_path);

CREATE TABLE alliance_session (
    alliance   text        NOT NULL REFERENCES alliance (code),
    number     int         NOT NULL CHECK (number > 0),
    chair      text        NOT NULL,
    request_id text        NOT NULL,
    opened_by  text        NOT NULL,
    opened_at  timestamptz NOT NULL,
    minutes    text        NOT NULL DEFAULT '',
    agreements text[]      NOT NULL DEFAULT '{}',
    activities int         NOT NULL DEFAULT 0 CHECK (activities >= 0),
    PRIMARY KEY (alliance, number),
    UNIQUE (alliance, opened_by, request_id)
);
COMMENT ON TABLE alliance_session IS 'No session is opened before the one before has minutes; the index below sees to it';
CREATE UNIQUE INDEX alliance_one_open_session ON alliance_session (alliance) WHERE minutes = '';
