-- The city: its tree of areas, its departments and posts, its task types, and what must be remembered of them.

CREATE SEQUENCE change_version;
COMMENT ON SEQUENCE change_version IS 'One number for every change of an area, post, department or task type; streams go by it';

CREATE TABLE area (
    code           text     PRIMARY KEY,
    name           text     NOT NULL,
    name_en        text     NOT NULL DEFAULT '',
    level          smallint NOT NULL CHECK (level BETWEEN 1 AND 6),
    kind           text     NOT NULL,
    parent_code    text     NOT NULL DEFAULT '',
    path           ltree    NOT NULL,
    households     integer  NOT NULL DEFAULT 0 CHECK (households >= 0),
    population     integer  NOT NULL DEFAULT 0 CHECK (population >= 0),
    area_m2        double precision NOT NULL DEFAULT 0,
    longitude_deg  double precision NOT NULL DEFAULT 0,
    latitude_deg   double precision NOT NULL DEFAULT 0,
    outline        text     NOT NULL DEFAULT '',
    outline_given  boolean  NOT NULL DEFAULT false,
    adjacent_codes text[]   NOT NULL DEFAULT '{}',
    retired        boolean  NOT NULL DEFAULT false,
    version        bigint   NOT NULL
);
COMMENT ON TABLE area IS 'Areas from the city down to the grid; one that is no longer in force stays, retired';
COMMENT ON COLUMN area.outline IS 'GeoJSON geometry in WGS-84; empty when there is none';
COMMENT ON COLUMN area.outline_given IS 'False when the outline is that of all areas inside';
CREATE INDEX area_by_path ON area USING gist (path);
CREATE INDEX area_by_level ON area (level, code);
CREATE UNIQUE INDEX area_by_version ON area (version);
CREATE UNIQUE INDEX area_one_city ON area (level) WHERE level = 1 AND NOT retired;

CREATE TABLE department (
    code    text   PRIMARY KEY,
    name    text   NOT NULL,
    name_en text   NOT NULL DEFAULT '',
    plugin  text   NOT NULL DEFAULT '',
    version bigint NOT NULL
);
COMMENT ON TABLE department IS 'Authorities that solve cases';

CREATE TABLE owner_unit (
    code            text PRIMARY KEY,
    name            text NOT NULL,
    name_en         text NOT NULL DEFAULT '',
    department_code text NOT NULL REFERENCES department (code)
);
COMMENT ON TABLE owner_unit IS 'Firms and bodies that own facilities, under the department that supervises them';

CREATE TABLE post (
    code            text   PRIMARY KEY,
    role            text   NOT NULL,
    area_code       text   NOT NULL REFERENCES area (code),
    department_code text   REFERENCES department (code),
    staff_code      text   NOT NULL DEFAULT '',
    title           text   NOT NULL DEFAULT '',
    title_en        text   NOT NULL DEFAULT '',
    duty_phone      text   NOT NULL DEFAULT '',
    version         bigint NOT NULL
);
COMMENT ON TABLE post IS 'A role at an area, perhaps for a department; staff_code is the standing holder, empty when vacant';
CREATE INDEX post_by_area ON post (area_code, role);
CREATE INDEX post_by_holder ON post (staff_code) WHERE staff_code <> '';
CREATE UNIQUE INDEX post_by_version ON post (version);

CREATE TABLE shift (
    post_code  text        NOT NULL REFERENCES post (code),
    staff_code text        NOT NULL,
    starts_at  timestamptz NOT NULL,
    ends_at    timestamptz NOT NULL,
    set_by     text        NOT NULL,
    set_at     timestamptz NOT NULL,
    PRIMARY KEY (post_code, starts_at),
    CHECK (ends_at > starts_at),
    CONSTRAINT shift_one_at_a_time EXCLUDE USING gist (post_code WITH =, tstzrange(starts_at, ends_at) WITH &&)
);
COMMENT ON TABLE shift IS 'Who stands in on a post, and when; never two at once';
CREATE INDEX shift_by_holder ON shift (staff_code, ends_at);

CREATE TABLE team_template (
    kind    text   PRIMARY KEY,
    pattern text   NOT NULL DEFAULT '',
    roles   text[] NOT NULL
);
COMMENT ON TABLE team_template IS 'The roles a kind of grid needs, the leading one first';

CREATE TABLE terminal (
    id        text        PRIMARY KEY,
    grid_code text        NOT NULL REFERENCES area (code),
    bound_by  text        NOT NULL,
    bound_at  timestamptz NOT NULL
);
COMMENT ON TABLE terminal IS 'Workers'' phones and the one grid each may write about';

CREATE TABLE terminal_refusal (
    id               uuid             PRIMARY KEY,
    terminal_id      text             NOT NULL,
    grid_code        text             NOT NULL,
    found_grid_code  text             NOT NULL DEFAULT '',
    longitude_deg    double precision NOT NULL,
    latitude_deg     double precision NOT NULL,
    asked_by         text             NOT NULL,
    refused_at       timestamptz      NOT NULL
);
COMMENT ON TABLE terminal_refusal IS 'Each time a phone tried to write about a place outside its grid';
CREATE INDEX terminal_refusal_by_terminal ON terminal_refusal (terminal_id, refused_at);

CREATE TABLE plugin (
    name            text        PRIMARY KEY,
    version         text        NOT NULL,
    sdk_version     text        NOT NULL,
    department_code text        NOT NULL REFERENCES department (code),
    seen_at         timestamptz NOT NULL
);
COMMENT ON TABLE plugin IS 'Programs that speak for departments';

CREATE TABLE lease (
    id          uuid        PRIMARY KEY,
    plugin      text        NOT NULL REFERENCES plugin (name),
    instance_id text        NOT NULL,
    expires_at  timestamptz NOT NULL,
    UNIQUE (plugin, instance_id)
);
COMMENT ON TABLE lease IS 'Running instances of plugins; one whose lease ran out is offline';

CREATE TABLE task_type (
    code            text     PRIMARY KEY,
    department_code text     NOT NULL REFERENCES department (code),
    plugin          text     NOT NULL DEFAULT '',
    admission       smallint NOT NULL CHECK (admission BETWEEN 1 AND 4),
    version         integer  NOT NULL
);
COMMENT ON TABLE task_type IS 'What the city does something about; version is the newest';

CREATE TABLE task_type_version (
    code           text        NOT NULL REFERENCES task_type (code),
    version        integer     NOT NULL,
    definition     jsonb       NOT NULL,
    created_at     timestamptz NOT NULL,
    change_version bigint      NOT NULL,
    PRIMARY KEY (code, version)
);
COMMENT ON TABLE task_type_version IS 'Every definition a type ever had; running cases go by theirs';
CREATE UNIQUE INDEX task_type_version_by_change ON task_type_version (change_version);

CREATE TABLE admission_decision (
    id         uuid        PRIMARY KEY,
    code       text        NOT NULL REFERENCES task_type (code),
    before     smallint    NOT NULL,
    admission  smallint    NOT NULL,
    decided_by text        NOT NULL,
    reason     text        NOT NULL,
    decided_at timestamptz NOT NULL
);
COMMENT ON TABLE admission_decision IS 'Who admitted, suspended or retired a type, when and why';
CREATE INDEX admission_decision_by_code ON admission_decision (code, decided_at);

CREATE FUNCTION refuse_rewriting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is only ever added to', TG_TABLE_NAME;
END
$$;
CREATE TRIGGER admission_decision_stands BEFORE UPDATE OR DELETE ON admission_decision
    FOR EACH ROW EXECUTE FUNCTION refuse_rewriting();
CREATE TRIGGER terminal_refusal_stands BEFORE UPDATE OR DELETE ON terminal_refusal
    FOR EACH ROW EXECUTE FUNCTION refuse_rewriting();
