-- The same matter brought twice, and the same place coming back.

-- Places are looked up by cells of a thousandth of a degree, about a hundred metres.
CREATE INDEX incident_by_cell ON incident
    ((floor(latitude_deg * 1000)::integer), (floor(longitude_deg * 1000)::integer), reported_at);

CREATE TABLE likeness (
    task_type       text    PRIMARY KEY,
    distance_m      integer NOT NULL CHECK (distance_m BETWEEN 1 AND 500),
    hours           integer NOT NULL CHECK (hours BETWEEN 1 AND 720),
    recurrence_days integer NOT NULL CHECK (recurrence_days BETWEEN 1 AND 366)
);
COMMENT ON TABLE likeness IS 'What counts as the same matter, for task types that have their own measure';

CREATE TABLE case_follower (
    incident_id uuid        NOT NULL REFERENCES incident,
    subject     text        NOT NULL,
    since       timestamptz NOT NULL,
    words       text        NOT NULL DEFAULT '',
    via_id      uuid        REFERENCES incident,
    PRIMARY KEY (incident_id, subject)
);
COMMENT ON TABLE case_follower IS 'Who is told what the reporter of a case is told';
COMMENT ON COLUMN case_follower.via_id IS 'The own case of the follower that was merged; null for one who only said "me too"';
CREATE INDEX case_follower_by_subject ON case_follower (subject, since);

CREATE TABLE case_merge (
    incident_id uuid        PRIMARY KEY REFERENCES incident,
    master_id   uuid        NOT NULL REFERENCES incident,
    merged_by   text        NOT NULL,
    merged_at   timestamptz NOT NULL,
    opinion     text        NOT NULL,
    CHECK (incident_id <> master_id)
);
COMMENT ON TABLE case_merge IS 'Cases that ended in another; the master is always one that was not merged itself';
CREATE INDEX case_merge_by_master ON case_merge (master_id);

CREATE TABLE case_link (
    incident_id uuid             NOT NULL REFERENCES incident,
    other_id    uuid             NOT NULL REFERENCES incident,
    kind        text             NOT NULL CHECK (kind IN ('same', 'recurrence')),
    score       double precision NOT NULL,
    distance_m  double precision NOT NULL,
    PRIMARY KEY (incident_id, other_id)
);
COMMENT ON TABLE case_link IS 'A newer case and an older one that it is like; found after the newer one came in';
CREATE INDEX case_link_by_other ON case_link (other_id);
