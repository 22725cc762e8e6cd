-- What is in the grids: people, households, dwellings, buildings, components, places, organisations, roads; and the
-- phones of those who keep the books.

CREATE TABLE element (
    kind          smallint         NOT NULL CHECK (kind BETWEEN 1 AND 8),
    id            uuid             NOT NULL,
    key           text COLLATE "C" NOT NULL,
    name          text             NOT NULL DEFAULT '',
    address       text             NOT NULL DEFAULT '',
    class_code    text COLLATE "C" NOT NULL DEFAULT '',
    state         text             NOT NULL DEFAULT '',
    owner_unit    text             NOT NULL DEFAULT '',
    longitude_deg double precision NOT NULL,
    latitude_deg  double precision NOT NULL,
    grid_code     text COLLATE "C" NOT NULL REFERENCES area (code),
    within_id     uuid,
    tags          text[]           NOT NULL DEFAULT '{}',
    items         jsonb            NOT NULL DEFAULT '{}',
    sealed        bytea            NOT NULL DEFAULT '',
    phone_index   bytea,
    tokens        text[] COLLATE "C" NOT NULL DEFAULT '{}',
    retired       boolean          NOT NULL DEFAULT false,
    version       bigint           NOT NULL DEFAULT 1,
    updated_at    timestamptz      NOT NULL,
    updated_by    text             NOT NULL,
    PRIMARY KEY (kind, id),
    UNIQUE (kind, key)
) PARTITION BY LIST (kind);
COMMENT ON TABLE element IS 'The five elements (人地事物组织), each bound to exactly one grid';
COMMENT ON COLUMN element.key IS 'Natural key; of people the blind index of the identity number; the id when there is none';
COMMENT ON COLUMN element.sealed IS 'All personal items as one sealed JSON object; see services.platform.seal';
COMMENT ON COLUMN element.tokens IS 'What it is found by: pairs of characters and initials; of people blind indexes of them';
CREATE TABLE element_person       PARTITION OF element FOR VALUES IN (1);
CREATE TABLE element_household    PARTITION OF element FOR VALUES IN (2);
CREATE TABLE element_dwelling     PARTITION OF element FOR VALUES IN (3);
CREATE TABLE element_building     PARTITION OF element FOR VALUES IN (4);
CREATE TABLE element_component    PARTITION OF element FOR VALUES IN (5);
CREATE TABLE element_place        PARTITION OF element FOR VALUES IN (6);
CREATE TABLE element_organisation PARTITION OF element FOR VALUES IN (7);
CREATE TABLE element_road         PARTITION OF element FOR VALUES IN (8);
CREATE INDEX element_by_id ON element (id);
CREATE INDEX element_by_grid ON element (grid_code, id) WHERE NOT retired;
CREATE INDEX element_by_container ON element (within_id) WHERE within_id IS NOT NULL;
CREATE INDEX element_by_class ON element (class_code, grid_code) WHERE class_code <> '' AND NOT retired;
CREATE INDEX element_by_tag ON element USING gin (tags) WHERE tags <> '{}';
CREATE INDEX element_by_token ON element USING gin (tokens);
CREATE INDEX element_by_phone ON element (phone_index) WHERE phone_index IS NOT NULL;

CREATE TABLE person_link (
    person_id   uuid     NOT NULL,
    dwelling_id uuid     NOT NULL,
    kind        smallint NOT NULL CHECK (kind BETWEEN 1 AND 4),
    since       date     NOT NULL,
    until       date     CHECK (until >= since),
    set_by      text     NOT NULL,
    set_at      timestamptz NOT NULL,
    PRIMARY KEY (person_id, dwelling_id, kind, since)
);
COMMENT ON TABLE person_link IS 'Who owns, rents, lives in or is registered at a dwelling, and when (人屋关联)';
CREATE INDEX person_link_by_dwelling ON person_link (dwelling_id);

ALTER TABLE terminal ADD COLUMN staff_code text NOT NULL DEFAULT '';
ALTER TABLE terminal ADD COLUMN revoked_at timestamptz;
CREATE INDEX terminal_by_grid ON terminal (grid_code, id);

CREATE TABLE terminal_span (
    terminal_id text        NOT NULL REFERENCES terminal (id),
    began_at    timestamptz NOT NULL,
    grid_code   text        NOT NULL,
    staff_code  text        NOT NULL,
    bound_by    text        NOT NULL,
    ended_at    timestamptz,
    ended_by    text        NOT NULL DEFAULT '',
    reason      text        NOT NULL DEFAULT '',
    PRIMARY KEY (terminal_id, began_at)
);
COMMENT ON TABLE terminal_span IS 'Who had which phone for which grid, and when';
CREATE UNIQUE INDEX terminal_span_running ON terminal_span (terminal_id) WHERE ended_at IS NULL;
INSERT INTO terminal_span (terminal_id, began_at, grid_code, staff_code, bound_by)
SELECT id, bound_at, grid_code, staff_code, bound_by FROM terminal;
