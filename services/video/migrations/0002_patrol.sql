-- Tours, what is known of each camera's view, findings, filings and evidence with its time.

ALTER TABLE camera
    ADD COLUMN sealed_address    bytea            NOT NULL DEFAULT '',
    ADD COLUMN field_of_view_deg double precision NOT NULL DEFAULT 0,
    ADD COLUMN presets           text[]           NOT NULL DEFAULT '{}',
    ADD COLUMN live_url          text             NOT NULL DEFAULT '',
    ADD COLUMN recorder          text             NOT NULL DEFAULT '';
COMMENT ON COLUMN camera.stream_address IS 'Emptied: addresses are kept sealed; what older versions wrote is sealed at the next start';
COMMENT ON COLUMN camera.sealed_address IS 'The stream''s address with name and password, sealed for this camera';

-- One row that rises with every change of what is to be patrolled, so that replicas see it cheaply.
CREATE TABLE patrol_plan (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    version  bigint  NOT NULL DEFAULT 1
);
INSERT INTO patrol_plan DEFAULT VALUES;

CREATE TABLE route (
    id              text        PRIMARY KEY,
    name            text        NOT NULL,
    window_begins   integer[]   NOT NULL,
    window_ends     integer[]   NOT NULL,
    rounds_per_day  integer     NOT NULL CHECK (rounds_per_day > 0),
    rounds_required integer     NOT NULL CHECK (rounds_required > 0),
    dwell_s         integer     NOT NULL,
    detect_always   boolean     NOT NULL,
    version         integer     NOT NULL,
    changed_by      text        NOT NULL,
    changed_at      timestamptz NOT NULL,
    ended_at        timestamptz
);

CREATE TABLE route_stop (
    route_id  text    NOT NULL REFERENCES route (id),
    position  integer NOT NULL,
    camera_id text    NOT NULL REFERENCES camera (id),
    preset    text    NOT NULL,
    PRIMARY KEY (route_id, position),
    UNIQUE (route_id, camera_id, preset)
);

CREATE TABLE stop_day (
    day          date        NOT NULL,
    route_id     text        NOT NULL,
    camera_id    text        NOT NULL,
    preset       text        NOT NULL,
    rounds_met   integer     NOT NULL,
    last_round   integer     NOT NULL,
    visits       integer     NOT NULL,
    last_seen_at timestamptz,
    missed       jsonb       NOT NULL DEFAULT '{}',
    PRIMARY KEY (day, route_id, camera_id, preset)
);
COMMENT ON TABLE stop_day IS 'What a day''s tours did for each stop; last_round keeps a round from counting twice';

-- Who patrols what: each shard of cameras belongs to one replica until its time is up; the fence rises at every change
-- of hands, so that whoever lost it can write nothing more.
CREATE TABLE patrol_shard (
    shard      smallint    PRIMARY KEY,
    owner      text        NOT NULL DEFAULT '',
    fence      bigint      NOT NULL DEFAULT 0,
    owned_till timestamptz NOT NULL DEFAULT '-infinity'
);
INSERT INTO patrol_shard (shard) SELECT generate_series(0, 63);

CREATE TABLE patrol_member (
    id      text        PRIMARY KEY,
    beat_at timestamptz NOT NULL
);

CREATE TABLE watch (
    camera_id     text        NOT NULL REFERENCES camera (id),
    preset        text        NOT NULL,
    known         jsonb       NOT NULL,
    usual_day     bytea,
    usual_night   bytea,
    failures      integer     NOT NULL DEFAULT 0,
    problem       text        NOT NULL DEFAULT '',
    tried_at      timestamptz,
    seen_at       timestamptz,
    resting_until timestamptz,
    PRIMARY KEY (camera_id, preset)
);
COMMENT ON TABLE watch IS 'What is known of a view: its usual look, suspicions, what is followed; written by the shard''s owner alone';

CREATE TABLE visit (
    camera_id text             NOT NULL,
    preset    text             NOT NULL,
    at        timestamptz      NOT NULL,
    route_id  text             NOT NULL,
    problem   text             NOT NULL,
    late_s    real             NOT NULL,
    took_s    real             NOT NULL,
    measures  jsonb
);
COMMENT ON TABLE visit IS 'Every visit, kept for days; problem is empty when a picture came';
CREATE INDEX visit_by_camera ON visit (camera_id, at);
CREATE INDEX visit_by_time ON visit USING brin (at);

CREATE TABLE zone (
    camera_id text               NOT NULL REFERENCES camera (id),
    preset    text               NOT NULL,
    id        text               NOT NULL,
    name      text               NOT NULL,
    kind      text               NOT NULL,
    corners   double precision[] NOT NULL,
    crowd_min integer            NOT NULL,
    PRIMARY KEY (camera_id, preset, id)
);

CREATE TABLE fixture (
    camera_id  text               NOT NULL REFERENCES camera (id),
    preset     text               NOT NULL,
    sides      double precision[] NOT NULL,
    finding_id uuid               PRIMARY KEY,
    said_by    text               NOT NULL,
    said_at    timestamptz        NOT NULL
);
CREATE INDEX fixture_by_camera ON fixture (camera_id, preset);

CREATE TABLE ground_point (
    camera_id     text             NOT NULL REFERENCES camera (id),
    preset        text             NOT NULL,
    x             double precision NOT NULL,
    y             double precision NOT NULL,
    longitude_deg double precision NOT NULL,
    latitude_deg  double precision NOT NULL,
    PRIMARY KEY (camera_id, preset, x, y)
);

CREATE TABLE trusted_class (
    camera_id  text        NOT NULL REFERENCES camera (id),
    class_code text        NOT NULL,
    said_by    text        NOT NULL,
    said_at    timestamptz NOT NULL,
    PRIMARY KEY (camera_id, class_code)
);

CREATE TABLE evidence (
    id           uuid               PRIMARY KEY,
    camera_id    text               NOT NULL REFERENCES camera (id),
    object_key   text               NOT NULL UNIQUE,
    sha256       text               NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    content_type text               NOT NULL,
    size_bytes   bigint             NOT NULL CHECK (size_bytes > 0),
    width_px     integer            NOT NULL,
    height_px    integer            NOT NULL,
    taken_at     timestamptz        NOT NULL,
    hidden       double precision[] NOT NULL DEFAULT '{}',
    keep_class   text               NOT NULL,
    kept_until   timestamptz        NOT NULL,
    held         boolean            NOT NULL DEFAULT false,
    held_by      text               NOT NULL DEFAULT '',
    held_reason  text               NOT NULL DEFAULT '',
    waiting      bytea
);
COMMENT ON COLUMN evidence.hidden IS 'Boxes of persons and vehicles, four numbers each, hidden in what is shown without the right to originals';
COMMENT ON COLUMN evidence.waiting IS 'The picture itself, as long as the object store has not taken it';
CREATE INDEX evidence_waiting ON evidence (id) WHERE waiting IS NOT NULL;
CREATE INDEX evidence_over ON evidence (kept_until) WHERE NOT held;

CREATE TABLE fault (
    id          uuid        PRIMARY KEY,
    camera_id   text        NOT NULL REFERENCES camera (id),
    fault       text        NOT NULL,
    host        text        NOT NULL,
    measured    text        NOT NULL,
    begun_at    timestamptz NOT NULL,
    ended_at    timestamptz,
    evidence_id uuid        REFERENCES evidence (id),
    case_id     text        NOT NULL DEFAULT '',
    case_number text        NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX fault_standing ON fault (camera_id, fault) WHERE ended_at IS NULL;
CREATE INDEX fault_by_camera ON fault (camera_id, begun_at);

CREATE TABLE finding (
    id                 uuid               PRIMARY KEY,
    version            integer            NOT NULL,
    class_code         text               NOT NULL,
    camera_id          text               NOT NULL REFERENCES camera (id),
    preset             text               NOT NULL,
    zone_id            text               NOT NULL,
    sides              double precision[] NOT NULL,
    confidence         double precision   NOT NULL,
    state              text               NOT NULL,
    first_seen_at      timestamptz        NOT NULL,
    last_seen_at       timestamptz        NOT NULL,
    sightings          integer            NOT NULL,
    evidence_id        uuid               REFERENCES evidence (id),
    marked_evidence_id uuid               REFERENCES evidence (id),
    before_evidence_id uuid               REFERENCES evidence (id),
    longitude_deg      double precision   NOT NULL,
    latitude_deg       double precision   NOT NULL,
    of_object          boolean            NOT NULL,
    found_by           text               NOT NULL,
    words              text               NOT NULL,
    task_type          text               NOT NULL,
    decided_by         text               NOT NULL DEFAULT '',
    decided_at         timestamptz,
    reason             text               NOT NULL DEFAULT '',
    merged_into        uuid               REFERENCES finding (id),
    gone_at            timestamptz,
    case_id            text               NOT NULL DEFAULT '',
    case_number        text               NOT NULL DEFAULT ''
);
CREATE INDEX finding_by_state ON finding (state, id DESC);
CREATE INDEX finding_by_camera ON finding (camera_id, last_seen_at);
CREATE INDEX finding_by_case ON finding (case_id) WHERE case_id <> '';

CREATE TABLE finding_sighting (
    finding_id  uuid               NOT NULL REFERENCES finding (id),
    at          timestamptz        NOT NULL,
    sides       double precision[] NOT NULL,
    confidence  double precision   NOT NULL,
    evidence_id uuid               REFERENCES evidence (id),
    PRIMARY KEY (finding_id, at)
);

-- What is to be told to incidents, each once, tried until it is taken.
CREATE TABLE filing (
    id       uuid        PRIMARY KEY,
    kind     text        NOT NULL,
    about    uuid        NOT NULL,
    evidence uuid        REFERENCES evidence (id),
    due_at   timestamptz NOT NULL,
    attempts integer     NOT NULL DEFAULT 0,
    done_at  timestamptz,
    error    text        NOT NULL DEFAULT ''
);
CREATE INDEX filing_due ON filing (due_at) WHERE done_at IS NULL;
CREATE UNIQUE INDEX filing_once ON filing (kind, about) WHERE kind IN ('finding', 'fault');

CREATE TABLE after_picture (
    case_id     text        NOT NULL,
    round       integer     NOT NULL,
    camera_id   text        NOT NULL REFERENCES camera (id),
    asked_at    timestamptz NOT NULL,
    evidence_id uuid        REFERENCES evidence (id),
    PRIMARY KEY (case_id, round)
);
COMMENT ON TABLE after_picture IS 'A fresh look at the place when a case from video is to be checked';
