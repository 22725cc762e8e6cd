-- Inspections: what is looked at, where, what was found, and the re-checks that close it.

CREATE TABLE inspection_line (
    code            text PRIMARY KEY,
    name            text NOT NULL,
    name_en         text NOT NULL,
    department_code text NOT NULL
);

CREATE TABLE inspection_item (
    code               text    PRIMARY KEY,
    line               text    NOT NULL REFERENCES inspection_line,
    title              text    NOT NULL,
    title_en           text    NOT NULL,
    severity           text    NOT NULL CHECK (severity IN ('minor', 'major', 'critical')),
    rectify_department text    NOT NULL,
    task_type          text    NOT NULL,
    photo_required     boolean NOT NULL,
    retired            boolean NOT NULL
);
COMMENT ON TABLE inspection_item IS 'What inspectors look at; an item that is not wanted any more is retired, never removed';

CREATE TABLE site (
    code          text             PRIMARY KEY,
    name          text             NOT NULL,
    kind          text             NOT NULL,
    longitude_deg double precision NOT NULL,
    latitude_deg  double precision NOT NULL,
    grid_code     text             NOT NULL,
    area_path     ltree            NOT NULL
);
COMMENT ON TABLE site IS 'Places that are inspected (点位)';
CREATE INDEX site_by_kind ON site (kind, code);

CREATE TABLE inspection_plan (
    id          uuid        PRIMARY KEY,
    title       text        NOT NULL,
    round       integer     NOT NULL CHECK (round >= 1),
    site_kind   text        NOT NULL,
    area_code   text        NOT NULL,
    lines       text[]      NOT NULL,
    due_at      timestamptz NOT NULL,
    previous_id uuid        REFERENCES inspection_plan,
    created_by  text        NOT NULL,
    created_at  timestamptz NOT NULL
);

CREATE TABLE inspection_visit (
    plan_id    uuid        NOT NULL REFERENCES inspection_plan,
    site_code  text        NOT NULL REFERENCES site,
    visited_at timestamptz,
    visited_by text        NOT NULL DEFAULT '',
    PRIMARY KEY (plan_id, site_code)
);
COMMENT ON TABLE inspection_visit IS 'Every place of a plan from the moment it was planned; due while it was not visited';

CREATE TABLE problem (
    id                 uuid        PRIMARY KEY,
    plan_id            uuid        NOT NULL REFERENCES inspection_plan,
    site_code          text        NOT NULL REFERENCES site,
    item_code          text        NOT NULL REFERENCES inspection_item,
    description        text        NOT NULL,
    incident_id        uuid        REFERENCES incident,
    rectify_department text        NOT NULL,
    found_at           timestamptz NOT NULL,
    found_by           text        NOT NULL,
    cleared_at         timestamptz,
    cleared_by         text        NOT NULL DEFAULT '',
    failed_rechecks    integer     NOT NULL DEFAULT 0,
    evidence           jsonb       NOT NULL DEFAULT '[]'
);
COMMENT ON TABLE problem IS 'Something found in a place; open until a re-check passes, whatever became of its case';
CREATE INDEX problem_by_plan ON problem (plan_id, found_at, id);
CREATE INDEX problem_by_site ON problem (site_code, found_at);
