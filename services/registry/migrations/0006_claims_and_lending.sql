-- What sources say about items, clues from those who may not write, and the catalogue with its loans and reads.

CREATE TABLE claim (
    id          uuid        PRIMARY KEY,
    element_id  uuid        NOT NULL,
    item        text        NOT NULL,
    sealed      bytea       NOT NULL,
    source      text        NOT NULL,
    observed_at timestamptz NOT NULL,
    made_by     text        NOT NULL,
    made_at     timestamptz NOT NULL,
    gave_way    boolean     NOT NULL DEFAULT false
);
COMMENT ON TABLE claim IS 'Every statement of a source about an item; the winner is computed, none is thrown away';
CREATE INDEX claim_by_element ON claim (element_id, item, observed_at DESC);

CREATE TABLE correction (
    id         uuid        PRIMARY KEY,
    element_id uuid        NOT NULL,
    item       text        NOT NULL,
    source     text        NOT NULL,
    claim_id   uuid        NOT NULL REFERENCES claim (id),
    winner_id  uuid        NOT NULL REFERENCES claim (id),
    grid_code  text        NOT NULL,
    state      text        NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'gave_way', 'stands', 'settled')),
    answer     text        NOT NULL DEFAULT '',
    opened_at  timestamptz NOT NULL,
    closed_at  timestamptz
);
COMMENT ON TABLE correction IS 'Tasks for sources whose claim lost';
CREATE UNIQUE INDEX correction_one_open ON correction (element_id, item, source) WHERE state = 'open';
CREATE INDEX correction_by_source ON correction (source, opened_at, id);

CREATE TABLE clue (
    id          uuid        PRIMARY KEY,
    element_id  uuid,
    grid_code   text        NOT NULL,
    sealed      bytea       NOT NULL,
    text        text        NOT NULL,
    given_by    text        NOT NULL,
    given_at    timestamptz NOT NULL,
    state       text        NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'confirmed', 'refuted')),
    verified_by text        NOT NULL DEFAULT '',
    finding     text        NOT NULL DEFAULT ''
);
COMMENT ON TABLE clue IS 'What somebody noticed who may not write the registry; changes nothing before a worker has looked';
CREATE INDEX clue_waiting ON clue (grid_code, given_at) WHERE state = 'waiting';
CREATE INDEX clue_by_giver ON clue (given_by, given_at);

CREATE TABLE catalogue_table (
    code      text COLLATE "C" PRIMARY KEY,
    unit_code text NOT NULL,
    unit_name text NOT NULL,
    name      text NOT NULL,
    cycle     text NOT NULL
);
CREATE TABLE catalogue_item (
    code         text COLLATE "C" PRIMARY KEY,
    table_code   text     NOT NULL REFERENCES catalogue_table (code),
    name         text     NOT NULL,
    type         text     NOT NULL,
    openness     smallint NOT NULL CHECK (openness BETWEEN 1 AND 6),
    set_by_owner boolean  NOT NULL DEFAULT false,
    kind         smallint NOT NULL DEFAULT 0,
    element_item text     NOT NULL DEFAULT ''
);
COMMENT ON COLUMN catalogue_item.set_by_owner IS 'Its owner settled the level; an import leaves it as it is';
CREATE INDEX catalogue_item_by_table ON catalogue_item (table_code);

CREATE TABLE loan (
    id         uuid        PRIMARY KEY,
    borrower   text        NOT NULL,
    lender     text        NOT NULL,
    item_codes text[]      NOT NULL,
    kind       smallint    NOT NULL,
    area_code  text        NOT NULL,
    purpose    text        NOT NULL,
    until      date        NOT NULL,
    state      text        NOT NULL CHECK (state IN ('waiting', 'granted', 'refused', 'ended')),
    reason     text        NOT NULL DEFAULT '',
    asked_by   text        NOT NULL,
    asked_at   timestamptz NOT NULL,
    decided_by text        NOT NULL DEFAULT '',
    unmasked   boolean     NOT NULL DEFAULT false
);
CREATE INDEX loan_by_borrower ON loan (borrower, asked_at DESC);
CREATE INDEX loan_by_lender ON loan (lender, asked_at DESC);

CREATE TABLE person_read (
    position   bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    element_id uuid        NOT NULL,
    at         timestamptz NOT NULL,
    role       text        NOT NULL,
    department text        NOT NULL,
    action     text        NOT NULL,
    purpose    text        NOT NULL,
    fields     text[]      NOT NULL,
    masked     boolean     NOT NULL
);
COMMENT ON TABLE person_read IS 'What was read about each person: people may ask who looked at them';
CREATE INDEX person_read_by_person ON person_read (element_id, position DESC);
CREATE TRIGGER person_read_stands BEFORE UPDATE OR DELETE ON person_read
    FOR EACH ROW EXECUTE FUNCTION refuse_rewriting();
