-- Versions of the rules of points, corrections by two people, and the year's reviews.

CREATE TABLE rules (
    version      int         PRIMARY KEY CHECK (version > 0),
    content      jsonb       NOT NULL,
    reason       text        NOT NULL,
    author       text        NOT NULL,
    written_at   timestamptz NOT NULL,
    tried_at     timestamptz,
    effective_at timestamptz,
    CHECK (effective_at IS NULL OR tried_at IS NOT NULL)
);
COMMENT ON TABLE rules IS 'No row means the rules the code begins with; a version never changes once it is written';

CREATE TABLE adjustment (
    id          uuid        PRIMARY KEY,
    owner       text        NOT NULL,
    amount      bigint      NOT NULL CHECK (amount <> 0),
    reason      text        NOT NULL,
    proposer    text        NOT NULL,
    proposed_at timestamptz NOT NULL,
    decider     text        NOT NULL DEFAULT '',
    state       text        NOT NULL DEFAULT 'proposed' CHECK (state IN ('proposed', 'approved', 'refused')),
    decided_at  timestamptz,
    CONSTRAINT adjustment_by_two CHECK (decider <> proposer),
    CONSTRAINT adjustment_not_own CHECK (owner <> proposer AND owner <> decider),
    CHECK ((state = 'proposed') = (decided_at IS NULL))
);
CREATE INDEX adjustment_by_time ON adjustment (proposed_at DESC);

CREATE TABLE review (
    owner    text        NOT NULL,
    year     int         NOT NULL,
    kind     text        NOT NULL CHECK (kind IN ('self', 'community', 'organisation')),
    score    int         NOT NULL CHECK (score BETWEEN 0 AND 100),
    comment  text        NOT NULL,
    reviewer text        NOT NULL,
    at       timestamptz NOT NULL,
    PRIMARY KEY (owner, year, kind),
    CONSTRAINT review_self_by_oneself CHECK ((kind = 'self') = (reviewer = owner))
);
COMMENT ON TABLE review IS 'Three reviews a year (双管三评): by oneself, the community, the organisation; each given once';

CREATE TABLE certificate (
    number     text        PRIMARY KEY,
    owner      text        NOT NULL,
    name       text        NOT NULL,
    minutes    bigint      NOT NULL CHECK (minutes > 0),
    services   int         NOT NULL,
    from_day   date        NOT NULL,
    until_day  date        NOT NULL,
    star       int         NOT NULL,
    issued_at  timestamptz NOT NULL,
    UNIQUE (owner, from_day, until_day, minutes)
);
