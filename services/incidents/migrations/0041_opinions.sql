-- What people say on the rounds of those who ask them, until it is answered and rated.

CREATE TABLE opinion (
    id           uuid        PRIMARY KEY,
    version      integer     NOT NULL,
    state        text        NOT NULL CHECK (state IN ('collected', 'handled', 'answered', 'closed')),
    grid_code    text        NOT NULL,
    area_path    ltree       NOT NULL,
    words        text        NOT NULL,
    tone         text        NOT NULL CHECK (tone IN ('positive', 'neutral', 'negative')),
    collected_by text        NOT NULL,
    collected_at timestamptz NOT NULL,
    handler      text        NOT NULL DEFAULT '',
    answer       text        NOT NULL DEFAULT '',
    rating       integer     NOT NULL DEFAULT 0 CHECK (rating BETWEEN 0 AND 5),
    case_id      text        NOT NULL DEFAULT '',
    closed_at    timestamptz,
    CHECK ((state = 'closed') = (closed_at IS NOT NULL)),
    CHECK (state <> 'closed' OR (answer <> '' AND rating > 0))
);
COMMENT ON TABLE opinion IS 'Something somebody said; none is closed without an answer and a rating of it';
CREATE INDEX opinion_by_time ON opinion (collected_at, id);
CREATE INDEX opinion_by_area ON opinion USING gist (area_path);
CREATE INDEX opinion_open ON opinion (collected_at, id) WHERE closed_at IS NULL;
