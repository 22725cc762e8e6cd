-- Councils: who sits in them, when they met, what was proposed, deliberated, voted, disclosed and carried out.

CREATE TABLE council (
    id              uuid        PRIMARY KEY,
    area_code       text        NOT NULL REFERENCES area (code),
    kind            smallint    NOT NULL CHECK (kind BETWEEN 1 AND 4),
    name            text        NOT NULL,
    members         text[]      NOT NULL,
    quorum          integer     NOT NULL CHECK (quorum > 0),
    sessions_a_year integer     NOT NULL CHECK (sessions_a_year >= 0),
    saved_by        text        NOT NULL,
    saved_at        timestamptz NOT NULL
);
CREATE INDEX council_by_area ON council (area_code, name);

CREATE TABLE council_session (
    id          uuid        PRIMARY KEY,
    council_id  uuid        NOT NULL REFERENCES council (id),
    day         date        NOT NULL,
    attendees   text[]      NOT NULL,
    minutes     text        NOT NULL,
    recorded_by text        NOT NULL,
    recorded_at timestamptz NOT NULL
);
CREATE INDEX council_session_by_council ON council_session (council_id, day DESC, id);
CREATE TRIGGER council_session_stands BEFORE UPDATE OR DELETE ON council_session
    FOR EACH ROW EXECUTE FUNCTION refuse_rewriting();

CREATE TABLE proposal (
    id            uuid             PRIMARY KEY,
    council_id    uuid             NOT NULL REFERENCES council (id),
    title         text             NOT NULL,
    text          text             NOT NULL,
    longitude_deg double precision NOT NULL,
    latitude_deg  double precision NOT NULL,
    task_type     text             NOT NULL DEFAULT '',
    state         smallint         NOT NULL DEFAULT 1 CHECK (state BETWEEN 1 AND 4),
    by_office     boolean          NOT NULL,
    proposed_by   text             NOT NULL,
    proposed_at   timestamptz      NOT NULL,
    votes_for     integer          NOT NULL DEFAULT 0,
    votes_against integer          NOT NULL DEFAULT 0,
    votes_abstain integer          NOT NULL DEFAULT 0,
    counted_at    timestamptz,
    outcome       text             NOT NULL DEFAULT '',
    executed_at   timestamptz,
    case_id       text             NOT NULL DEFAULT '',
    case_number   text             NOT NULL DEFAULT '',
    case_problem  text             NOT NULL DEFAULT ''
);
CREATE INDEX proposal_by_council ON proposal (council_id, proposed_at DESC, id DESC);
CREATE INDEX proposal_by_time ON proposal (proposed_at DESC, id DESC);
CREATE INDEX proposal_to_file ON proposal (counted_at)
    WHERE state IN (2, 4) AND task_type <> '' AND case_id = '' AND case_problem = '';

CREATE TABLE deliberation (
    proposal_id uuid        NOT NULL REFERENCES proposal (id),
    stage       smallint    NOT NULL CHECK (stage IN (1, 2)),
    session_id  uuid        NOT NULL REFERENCES council_session (id),
    opinion     text        NOT NULL,
    recorded_by text        NOT NULL,
    at          timestamptz NOT NULL,
    PRIMARY KEY (proposal_id, stage),
    UNIQUE (proposal_id, session_id)
);
CREATE TRIGGER deliberation_stands BEFORE UPDATE OR DELETE ON deliberation
    FOR EACH ROW EXECUTE FUNCTION refuse_rewriting();

CREATE TABLE disclosure (
    proposal_id uuid        NOT NULL REFERENCES proposal (id),
    stage       smallint    NOT NULL CHECK (stage IN (1, 2)),
    text        text        NOT NULL,
    made_by     text        NOT NULL,
    at          timestamptz NOT NULL,
    PRIMARY KEY (proposal_id, stage)
);
CREATE TRIGGER disclosure_stands BEFORE UPDATE OR DELETE ON disclosure
    FOR EACH ROW EXECUTE FUNCTION refuse_rewriting();

CREATE TABLE vote (
    proposal_id uuid        NOT NULL REFERENCES proposal (id),
    member      text        NOT NULL,
    choice      smallint    NOT NULL CHECK (choice BETWEEN 1 AND 3),
    at          timestamptz NOT NULL,
    PRIMARY KEY (proposal_id, member)
);
COMMENT ON TABLE vote IS 'Who voted how, until it is counted; told to nobody';
