-- Volunteers, the teams they are in, the posts they take, and the calls they go out on.

CREATE TABLE volunteer (
    subject        text        PRIMARY KEY CHECK (subject <> ''),
    name           text        NOT NULL,
    nickname       text        NOT NULL,
    name_public    boolean     NOT NULL DEFAULT false,
    community_code text        NOT NULL,
    area_path      ltree       NOT NULL,
    grid_code      text        NOT NULL DEFAULT '',
    estate         text        NOT NULL DEFAULT '',
    skills         text[]      NOT NULL DEFAULT '{}',
    unit           text        NOT NULL DEFAULT '',
    joined_at      timestamptz NOT NULL
);
COMMENT ON COLUMN volunteer.name_public IS 'Agreed that the name itself is shown in public; else only the nickname is';
CREATE INDEX volunteer_by_area ON volunteer USING gist (area_path);
CREATE INDEX volunteer_by_name ON volunteer (name, subject);

CREATE TABLE team (
    code        text        PRIMARY KEY,
    name        text        NOT NULL,
    kind        text        NOT NULL CHECK (kind IN ('building', 'emergency', 'service')),
    area_path   ltree       NOT NULL,
    unit        text        NOT NULL DEFAULT '',
    dispatch_id uuid,
    saved_at    timestamptz NOT NULL
);
CREATE INDEX team_by_area ON team USING gist (area_path);

CREATE TABLE team_member (
    team    text NOT NULL REFERENCES team (code) ON DELETE CASCADE,
    subject text NOT NULL CHECK (subject <> ''),
    role    text NOT NULL CHECK (role IN ('leader', 'info_officer', 'support_officer', 'member')),
    PRIMARY KEY (team, subject)
);
COMMENT ON TABLE team_member IS 'Nobody is in one team twice; anybody may be in many teams';
CREATE INDEX team_member_by_subject ON team_member (subject);
CREATE UNIQUE INDEX team_one_of_each_role ON team_member (team, role) WHERE role <> 'member';

CREATE TABLE dispatch (
    id            uuid        PRIMARY KEY,
    area_path     ltree       NOT NULL,
    purpose       text        NOT NULL,
    called_by     text        NOT NULL,
    called_at     timestamptz NOT NULL,
    released_at   timestamptz
);
CREATE TABLE called (
    subject     text NOT NULL PRIMARY KEY,
    team        text NOT NULL REFERENCES team (code),
    dispatch_id uuid NOT NULL REFERENCES dispatch (id)
);
COMMENT ON TABLE called IS 'Who is out on a call now; the key sees to it that nobody is out twice';
CREATE INDEX called_by_dispatch ON called (dispatch_id);

CREATE TABLE community (
    code      text  PRIMARY KEY,
    area_path ltree NOT NULL,
    type      text  NOT NULL
);

CREATE TABLE post (
    id             uuid        PRIMARY KEY,
    category       text        NOT NULL,
    title          text        NOT NULL,
    community_code text        NOT NULL,
    area_path      ltree       NOT NULL,
    quota          int         NOT NULL CHECK (quota > 0),
    saved_at       timestamptz NOT NULL
);
COMMENT ON TABLE post IS 'Its places are seats in the ledger, unit post:<id>, so that no more are claimed than there are';
CREATE INDEX post_by_community ON post (community_code);
CREATE INDEX post_by_area ON post USING gist (area_path);

CREATE TABLE post_claim (
    id          uuid        PRIMARY KEY,
    post_id     uuid        NOT NULL REFERENCES post (id),
    subject     text        NOT NULL REFERENCES volunteer (subject),
    claimed_at  timestamptz NOT NULL,
    released_at timestamptz
);
CREATE UNIQUE INDEX post_claim_once ON post_claim (post_id, subject) WHERE released_at IS NULL;
CREATE INDEX post_claim_by_subject ON post_claim (subject) WHERE released_at IS NULL;
