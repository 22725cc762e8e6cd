-- Cases, everything that ever happened to them, their clocks, and what the city has settled for all of them.

CREATE TABLE incident (
    id                   uuid             PRIMARY KEY,
    number               text             NOT NULL UNIQUE,
    version              integer          NOT NULL,
    revision             integer          NOT NULL DEFAULT 1,
    state                text             NOT NULL,
    state_since          timestamptz      NOT NULL,
    updated_at           timestamptz      NOT NULL,
    ended_as             text             NOT NULL DEFAULT '',

    task_type            text             NOT NULL,
    task_type_version    integer          NOT NULL,
    emergency            boolean          NOT NULL,
    filing_condition     text             NOT NULL,
    closing_condition    text             NOT NULL,
    closing_condition_en text             NOT NULL,
    limit_value          numeric,
    limit_unit           text,

    longitude_deg        double precision NOT NULL,
    latitude_deg         double precision NOT NULL,
    accuracy_m           double precision NOT NULL,
    grid_code            text             NOT NULL,
    area_path            ltree            NOT NULL,
    source               text             NOT NULL,

    department_code      text             NOT NULL,
    reporter             text             NOT NULL,
    handler              text             NOT NULL,
    solver               text             NOT NULL,
    checker              text             NOT NULL,

    reported_at          timestamptz      NOT NULL,
    registered_at        timestamptz,
    dispatched_at        timestamptz,
    signed_at            timestamptz,
    disposed_at          timestamptz,
    closed_at            timestamptz,

    time_value           numeric,
    time_unit            text,
    started_at           timestamptz,
    yellow_at            timestamptz,
    deadline_at          timestamptz,
    red_at               timestamptz,
    provisional          boolean          NOT NULL,
    paused_at            timestamptz,
    stopped_at           timestamptz,
    remaining_us         bigint,
    signal               text             NOT NULL,
    overdue              boolean          NOT NULL,
    stage_due_at         timestamptz,
    sign_due_at          timestamptz,
    sign_missed_count    integer          NOT NULL,

    leg_sequence         integer          NOT NULL,
    loop_level           integer          NOT NULL,
    leg_receiver         text             NOT NULL,
    leg_received_at      timestamptz      NOT NULL,
    leg_replied_at       timestamptz,
    leg_reply            text             NOT NULL,
    loop_due_at          timestamptz,

    return_count         integer          NOT NULL,
    rework_count         integer          NOT NULL,
    rating               integer          NOT NULL,
    rating_comment       text             NOT NULL,
    rated_at             timestamptz,
    CHECK ((closed_at IS NULL) = (ended_as = ''))
) WITH (fillfactor = 80);
COMMENT ON TABLE incident IS 'A case as it stands now; what its reporter said and showed is kept apart in dossier';
COMMENT ON COLUMN incident.version IS 'Rises with every step; people send it back with theirs';
COMMENT ON COLUMN incident.revision IS 'Rises with every write, also when only a light changes; guards against two writers at once';
COMMENT ON COLUMN incident.ended_as IS 'The state in which it ended, else empty; unlike state it changes once, so it may be indexed';
COMMENT ON COLUMN incident.time_value IS 'The time its countdown was started with; limit_value may have been corrected since';

-- No index holds a column that changes with an ordinary step, so that a step rewrites the row and no index.
CREATE INDEX incident_by_time       ON incident (reported_at, id);
CREATE INDEX incident_by_grid       ON incident (grid_code, reported_at, id);
CREATE INDEX incident_by_department ON incident (department_code, reported_at, id);
CREATE INDEX incident_by_reporter   ON incident (reporter, reported_at, id);
CREATE INDEX incident_by_task_type  ON incident (task_type, reported_at, id);
CREATE INDEX incident_by_area       ON incident USING gist (area_path);
CREATE INDEX incident_by_number     ON incident (reverse(number) text_pattern_ops);
CREATE INDEX incident_open_by_time  ON incident (reported_at, id) WHERE closed_at IS NULL;
CREATE INDEX incident_open_by_place ON incident (task_type, latitude_deg, longitude_deg) WHERE closed_at IS NULL;
CREATE INDEX incident_refused       ON incident (reported_at, id) WHERE ended_as IN ('rejected', 'cancelled');
ALTER TABLE incident ALTER COLUMN area_path SET STATISTICS 1000;

-- Pairs of neighbouring characters: the usual Chinese search word has two, too few for trigrams.
CREATE FUNCTION grams(words text) RETURNS text[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 5000
    RETURN ARRAY(
        SELECT DISTINCT split.characters[place] || split.characters[place + 1]
          FROM (SELECT string_to_array(lower(words), NULL) AS characters) AS split,
               generate_series(1, cardinality(split.characters) - 1) AS place
         ORDER BY 1);

CREATE TABLE dossier (
    incident_id  uuid        PRIMARY KEY REFERENCES incident,
    description  text        NOT NULL,
    place        text        NOT NULL,
    form_answers text        NOT NULL,
    seen_at      timestamptz,
    terminal_id  text        NOT NULL,
    evidence     jsonb       NOT NULL,
    route        jsonb       NOT NULL
) WITH (fillfactor = 90);
COMMENT ON TABLE dossier IS 'What was said and shown of a case, and why it went where it went; only evidence is ever added';
CREATE INDEX dossier_by_words ON dossier USING gin (grams(description || ' ' || place))
    WITH (gin_pending_list_limit = 1024);

CREATE TABLE history (
    incident_id uuid        NOT NULL REFERENCES incident,
    sequence    integer     NOT NULL,
    event       text        NOT NULL,
    from_state  text,
    to_state    text        NOT NULL,
    actor       text        NOT NULL,
    role        text        NOT NULL,
    receiver    text        NOT NULL,
    opinion     text        NOT NULL,
    at          timestamptz NOT NULL,
    elapsed_s   bigint      NOT NULL,
    overdue     boolean     NOT NULL,
    evidence    jsonb       NOT NULL,
    PRIMARY KEY (incident_id, sequence)
);
COMMENT ON TABLE history IS 'What happened to a case, line by line; never changed, never removed';

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the history of a case is never changed' USING ERRCODE = 'integrity_constraint_violation';
END
$$;
CREATE TRIGGER history_stays BEFORE UPDATE OR DELETE ON history
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER history_is_not_emptied BEFORE TRUNCATE ON history
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE leg (
    incident_id uuid        NOT NULL REFERENCES incident,
    sequence    integer     NOT NULL,
    loop_level  integer     NOT NULL,
    receiver    text        NOT NULL,
    received_at timestamptz NOT NULL,
    replied_at  timestamptz,
    reply       text        NOT NULL,
    PRIMARY KEY (incident_id, sequence)
);
COMMENT ON TABLE leg IS 'The stays of a case in the loops';

CREATE TABLE timer (
    incident_id uuid        NOT NULL REFERENCES incident,
    rung        text        NOT NULL,
    due_at      timestamptz NOT NULL,
    try_at      timestamptz NOT NULL,
    try_count   integer     NOT NULL DEFAULT 0,
    PRIMARY KEY (incident_id, rung)
);
COMMENT ON TABLE timer IS 'Moments to come; a row goes in the transaction in which its timer fires';
COMMENT ON COLUMN timer.try_at IS 'The due moment, or later when firing failed, so that one that cannot fire blocks no other';
CREATE INDEX timer_by_time ON timer (try_at);

CREATE TABLE numbering (
    day  date    PRIMARY KEY,
    last integer NOT NULL
);
COMMENT ON TABLE numbering IS 'The last case number given out on each day; a number may stay unused, none is used twice';

-- What the city has settled otherwise than the program would; empty tables mean that its defaults hold.

CREATE TABLE calendar_day (
    day    date    PRIMARY KEY,
    worked boolean NOT NULL,
    name   text    NOT NULL DEFAULT ''
);
COMMENT ON TABLE calendar_day IS 'Days off and worked weekends, against every other source';

CREATE TABLE calendar_year (
    year integer PRIMARY KEY
);
COMMENT ON TABLE calendar_year IS 'Years whose days are final, though no national notice is known';

CREATE TABLE office_slot (
    start_s integer PRIMARY KEY CHECK (start_s BETWEEN 0 AND 86399),
    end_s   integer NOT NULL CHECK (end_s BETWEEN 1 AND 86400 AND end_s > start_s)
);
COMMENT ON TABLE office_slot IS 'Office hours within a day, in seconds after midnight';

CREATE TABLE stage_limit (
    stage text    PRIMARY KEY,
    value numeric NOT NULL CHECK (value > 0),
    unit  text    NOT NULL
);
COMMENT ON TABLE stage_limit IS 'Time for one stretch of the way';

CREATE TABLE loop_limit (
    loop_level integer PRIMARY KEY CHECK (loop_level IN (1, 2)),
    value      numeric NOT NULL CHECK (value > 0),
    unit       text    NOT NULL
);
COMMENT ON TABLE loop_limit IS 'Time of a loop before the next one takes over';

CREATE TABLE signal_rule (
    only_row          boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    yellow_left_ratio numeric NOT NULL CHECK (yellow_left_ratio BETWEEN 0 AND 1),
    red_over_ratio    numeric NOT NULL CHECK (red_over_ratio >= 0),
    red_sign_misses   integer NOT NULL CHECK (red_sign_misses >= 1)
);
COMMENT ON TABLE signal_rule IS 'Where the light changes';

CREATE TABLE responsibility (
    kind            text NOT NULL CHECK (kind IN ('category', 'exclusive_grid')),
    key             text NOT NULL,
    department_code text NOT NULL,
    PRIMARY KEY (kind, key)
);
COMMENT ON TABLE responsibility IS 'Departments by beginning of a category code, and by exclusive grid';

CREATE TABLE settlement (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    version  bigint  NOT NULL
);
INSERT INTO settlement (version) VALUES (1);
COMMENT ON TABLE settlement IS 'Rises when any of the tables above changes, so that processes read them again';

CREATE FUNCTION note_settlement() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE settlement SET version = version + 1;
    RETURN NULL;
END
$$;
CREATE TRIGGER settled AFTER INSERT OR UPDATE OR DELETE ON calendar_day
    FOR EACH STATEMENT EXECUTE FUNCTION note_settlement();
CREATE TRIGGER settled AFTER INSERT OR UPDATE OR DELETE ON calendar_year
    FOR EACH STATEMENT EXECUTE FUNCTION note_settlement();
CREATE TRIGGER settled AFTER INSERT OR UPDATE OR DELETE ON office_slot
    FOR EACH STATEMENT EXECUTE FUNCTION note_settlement();
CREATE TRIGGER settled AFTER INSERT OR UPDATE OR DELETE ON stage_limit
    FOR EACH STATEMENT EXECUTE FUNCTION note_settlement();
CREATE TRIGGER settled AFTER INSERT OR UPDATE OR DELETE ON loop_limit
    FOR EACH STATEMENT EXECUTE FUNCTION note_settlement();
CREATE TRIGGER settled AFTER INSERT OR UPDATE OR DELETE ON signal_rule
    FOR EACH STATEMENT EXECUTE FUNCTION note_settlement();
CREATE TRIGGER settled AFTER INSERT OR UPDATE OR DELETE ON responsibility
    FOR EACH STATEMENT EXECUTE FUNCTION note_settlement();

-- The light of a case at a moment, as the rules of incidents.domain.light tell it.
CREATE FUNCTION light(incident, moment timestamptz, red_sign_misses integer) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN CASE
        WHEN $1.state = 'dispatched' AND $1.sign_missed_count >= red_sign_misses THEN 'red'
        WHEN $1.started_at IS NULL OR $1.stopped_at <= $1.deadline_at THEN 'green'
        WHEN coalesce($1.stopped_at, $1.paused_at, moment) >= $1.red_at THEN 'red'
        WHEN coalesce($1.stopped_at, $1.paused_at, moment) >= $1.yellow_at THEN 'yellow'
        ELSE 'green'
    END;
