-- What is done for people in their stead, at their side or by helping: one ticket, whoever opened it.

CREATE TABLE errand (
    id             uuid        PRIMARY KEY,
    version        integer     NOT NULL,
    state          text        NOT NULL CHECK (state IN ('open', 'done', 'given_up')),
    mode           text        NOT NULL CHECK (mode IN ('agency', 'accompany', 'assist')),
    grid_code      text        NOT NULL,
    area_path      ltree       NOT NULL,
    person_id      text        NOT NULL,
    matter         text        NOT NULL,
    consent_key    text        NOT NULL DEFAULT '',
    consent_until  date,
    opened_at      timestamptz NOT NULL,
    CHECK ((consent_key = '') = (consent_until IS NULL)),
    CHECK (mode <> 'agency' OR consent_key <> '')
);
COMMENT ON TABLE errand IS 'A ticket; acting in somebody''s stead needs what that person signed';
CREATE INDEX errand_by_time ON errand (opened_at, id);
CREATE INDEX errand_by_area ON errand USING gist (area_path);

CREATE TABLE errand_line (
    errand_id uuid        NOT NULL REFERENCES errand,
    sequence  integer     NOT NULL,
    at        timestamptz NOT NULL,
    by        text        NOT NULL,
    place     text        NOT NULL CHECK (place IN ('counter', 'grid')),
    mode      text        NOT NULL,
    state     text        NOT NULL,
    words     text        NOT NULL,
    PRIMARY KEY (errand_id, sequence)
);
COMMENT ON TABLE errand_line IS 'What was done with a ticket, line by line';
