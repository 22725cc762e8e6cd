-- Grid stations: questions of law, the grid council, selections by households.

CREATE TABLE legal_question (
    id          uuid        PRIMARY KEY,
    grid_code   text        NOT NULL,
    area_path   ltree       NOT NULL,
    words       text        NOT NULL,
    by_hotline  boolean     NOT NULL,
    asked_by    text        NOT NULL,
    asked_at    timestamptz NOT NULL,
    receiver    text        NOT NULL,
    lawyer      text        NOT NULL,
    answer      text        NOT NULL DEFAULT '',
    answered_by text        NOT NULL DEFAULT '',
    answered_at timestamptz
);
COMMENT ON COLUMN legal_question.receiver IS 'The post of the lawyer on duty then, or the dispatch desk';
CREATE INDEX legal_question_by_time ON legal_question (asked_at, id);

CREATE TABLE council_item (
    id          uuid        PRIMARY KEY,
    grid_code   text        NOT NULL,
    area_path   ltree       NOT NULL,
    kind        text        NOT NULL CHECK (kind IN ('small', 'urgent', 'hard')),
    title       text        NOT NULL,
    parties     text[]      NOT NULL DEFAULT '{}',
    proposed_by text        NOT NULL,
    proposed_at timestamptz NOT NULL,
    decision    text        NOT NULL DEFAULT '',
    adopted     boolean     NOT NULL DEFAULT false,
    decided_by  text        NOT NULL DEFAULT '',
    decided_at  timestamptz
);
CREATE INDEX council_item_by_time ON council_item (proposed_at, id);

CREATE TABLE selection (
    id         uuid        PRIMARY KEY,
    area_code  text        NOT NULL,
    area_path  ltree       NOT NULL,
    title      text        NOT NULL,
    candidates text[]      NOT NULL,
    closes_at  timestamptz NOT NULL,
    opened_by  text        NOT NULL,
    opened_at  timestamptz NOT NULL
);

CREATE TABLE selection_vote (
    selection_id   uuid        NOT NULL REFERENCES selection,
    household_code text        NOT NULL,
    candidate      text        NOT NULL,
    cast_by        text        NOT NULL,
    cast_at        timestamptz NOT NULL,
    PRIMARY KEY (selection_id, household_code)
);
COMMENT ON TABLE selection_vote IS 'One vote for each household';
