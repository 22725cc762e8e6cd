-- What people in the field do: patrols, visits, diaries, the daily word, training.

CREATE TABLE patrol (
    id         uuid        PRIMARY KEY,
    grid_code  text        NOT NULL REFERENCES area (code),
    walker     text        NOT NULL,
    parties    text[]      NOT NULL DEFAULT '{}',
    began_at   timestamptz NOT NULL,
    ended_at   timestamptz CHECK (ended_at >= began_at),
    seconds    integer     NOT NULL DEFAULT 0,
    distance_m integer     NOT NULL DEFAULT 0
);
COMMENT ON TABLE patrol IS 'Walks through a grid; seconds and metres are what the track proves inside it';
CREATE UNIQUE INDEX patrol_one_at_a_time ON patrol (walker) WHERE ended_at IS NULL;
CREATE INDEX patrol_by_grid ON patrol (grid_code, began_at);

CREATE TABLE track_point (
    patrol_id     uuid             NOT NULL REFERENCES patrol (id) ON DELETE CASCADE,
    at            timestamptz      NOT NULL,
    longitude_deg double precision NOT NULL,
    latitude_deg  double precision NOT NULL,
    inside        boolean          NOT NULL,
    PRIMARY KEY (patrol_id, at)
);
COMMENT ON TABLE track_point IS 'Thinned tracks, kept as long as the city settles and no longer';
CREATE INDEX track_point_by_age ON track_point USING brin (at);

CREATE TABLE visit (
    id           uuid        PRIMARY KEY,
    household_id uuid        NOT NULL,
    grid_code    text        NOT NULL REFERENCES area (code),
    occasion     text        NOT NULL,
    met          boolean     NOT NULL,
    note         text        NOT NULL DEFAULT '',
    visitor      text        NOT NULL,
    visited_at   timestamptz NOT NULL
);
CREATE INDEX visit_by_household ON visit (household_id, visited_at DESC);
CREATE INDEX visit_by_grid ON visit (grid_code, visited_at DESC, id DESC);

CREATE TABLE diary_entry (
    id         uuid        PRIMARY KEY,
    grid_code  text        NOT NULL REFERENCES area (code),
    text       text        NOT NULL,
    mood       smallint    NOT NULL DEFAULT 0 CHECK (mood BETWEEN 0 AND 5),
    author     text        NOT NULL,
    written_at timestamptz NOT NULL
);
COMMENT ON TABLE diary_entry IS 'The diary of the grid (民情日记)';
CREATE INDEX diary_by_grid ON diary_entry (grid_code, written_at DESC, id DESC);
CREATE TRIGGER diary_stands BEFORE UPDATE OR DELETE ON diary_entry FOR EACH ROW EXECUTE FUNCTION refuse_rewriting();

CREATE TABLE daily_word (
    id        uuid        PRIMARY KEY,
    grid_code text        NOT NULL REFERENCES area (code),
    day       date        NOT NULL,
    trouble   boolean     NOT NULL,
    text      text        NOT NULL DEFAULT '',
    said_by   text        NOT NULL,
    said_at   timestamptz NOT NULL
);
COMMENT ON TABLE daily_word IS 'What each grid says of its day; the light follows from it';
CREATE INDEX daily_word_by_day ON daily_word (day, grid_code, said_at);

CREATE TABLE received_text (
    message_id  text        PRIMARY KEY,
    reply       text        NOT NULL,
    grid_code   text        NOT NULL DEFAULT '',
    received_at timestamptz NOT NULL
);
COMMENT ON TABLE received_text IS 'Text messages that were answered, so that one delivered twice counts once';

CREATE TABLE training (
    id          uuid        PRIMARY KEY,
    title       text        NOT NULL,
    day         date        NOT NULL,
    minutes     integer     NOT NULL CHECK (minutes > 0),
    recorded_by text        NOT NULL,
    recorded_at timestamptz NOT NULL
);
CREATE TABLE trained (
    training_id uuid NOT NULL REFERENCES training (id) ON DELETE CASCADE,
    staff_code  text NOT NULL,
    PRIMARY KEY (training_id, staff_code)
);
CREATE INDEX trained_by_person ON trained (staff_code);
