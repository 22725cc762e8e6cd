-- Assessment: marks of grids and workers, what city inspectors find, standings as published, ratings both ways,
-- and what task types count as.

CREATE TABLE grid_mark (
    period    text          NOT NULL,
    grid_code text          NOT NULL,
    source    text          NOT NULL CHECK (source IN ('self', 'open_check', 'undercover', 'video')),
    area_path ltree         NOT NULL,
    score     numeric(5, 2) NOT NULL CHECK (score BETWEEN 0 AND 100),
    note      text          NOT NULL,
    marked_by text          NOT NULL,
    marked_at timestamptz   NOT NULL,
    PRIMARY KEY (period, grid_code, source)
);
COMMENT ON TABLE grid_mark IS 'Marks of grids for a month, one of each source';

CREATE TABLE worker_mark (
    period     text          NOT NULL,
    staff_code text          NOT NULL,
    part       text          NOT NULL CHECK (part IN ('attendance', 'daily', 'special', 'community', 'bonus')),
    area_path  ltree         NOT NULL,
    score      numeric(5, 2) NOT NULL CHECK (score BETWEEN 0 AND 100),
    note       text          NOT NULL,
    marked_by  text          NOT NULL,
    marked_at  timestamptz   NOT NULL,
    PRIMARY KEY (period, staff_code, part)
);
COMMENT ON TABLE worker_mark IS 'Marks of workers for a month; each part has one rater';

CREATE TABLE city_finding (
    id              uuid             PRIMARY KEY,
    task_type       text             NOT NULL,
    longitude_deg   double precision NOT NULL,
    latitude_deg    double precision NOT NULL,
    grid_code       text             NOT NULL,
    area_path       ltree            NOT NULL,
    period          text             NOT NULL,
    found_at        timestamptz      NOT NULL,
    found_by        text             NOT NULL,
    note            text             NOT NULL,
    points          numeric(5, 2)    NOT NULL CHECK (points > 0),
    incident_id     uuid             REFERENCES incident,
    forgiven_reason text             NOT NULL DEFAULT '',
    forgiven_by     text             NOT NULL DEFAULT '',
    forgiven_at     timestamptz
);
COMMENT ON COLUMN city_finding.incident_id IS 'The case by which people of the grid had reported it before; then nothing is deducted';
CREATE INDEX city_finding_by_period ON city_finding (period, found_at);

CREATE TABLE standing_edition (
    kind         text        NOT NULL CHECK (kind IN ('grid', 'department', 'worker')),
    period       text        NOT NULL,
    area_code    text        NOT NULL,
    edition      integer     NOT NULL CHECK (edition >= 1),
    area_path    ltree       NOT NULL,
    published_at timestamptz NOT NULL,
    published_by text        NOT NULL,
    PRIMARY KEY (kind, period, area_code, edition)
);
COMMENT ON TABLE standing_edition IS 'Circulars; a published one never changes, what changes later makes the next';

CREATE TABLE standing (
    kind      text          NOT NULL,
    period    text          NOT NULL,
    area_code text          NOT NULL,
    edition   integer       NOT NULL,
    code      text          NOT NULL,
    score     numeric(6, 2),
    rank      integer       NOT NULL,
    mention   text          NOT NULL CHECK (mention IN ('', 'commended', 'criticised')),
    parts     jsonb         NOT NULL,
    PRIMARY KEY (kind, period, area_code, edition, code),
    FOREIGN KEY (kind, period, area_code, edition) REFERENCES standing_edition
);

CREATE FUNCTION refuse_new_standing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a published standing is never changed' USING ERRCODE = 'integrity_constraint_violation';
END
$$;
CREATE TRIGGER standing_stays BEFORE UPDATE OR DELETE ON standing
    FOR EACH ROW EXECUTE FUNCTION refuse_new_standing();
CREATE TRIGGER standing_edition_stays BEFORE UPDATE OR DELETE ON standing_edition
    FOR EACH ROW EXECUTE FUNCTION refuse_new_standing();

CREATE TABLE side_rating (
    incident_id     uuid        NOT NULL REFERENCES incident,
    way             text        NOT NULL CHECK (way IN ('down', 'up')),
    rater           text        NOT NULL,
    worker          text        NOT NULL,
    department_code text        NOT NULL,
    area_path       ltree       NOT NULL,
    score           integer     NOT NULL CHECK (score BETWEEN 1 AND 5),
    attitude        integer     NOT NULL CHECK (attitude BETWEEN 0 AND 5),
    efficiency      integer     NOT NULL CHECK (efficiency BETWEEN 0 AND 5),
    quality         integer     NOT NULL CHECK (quality BETWEEN 0 AND 5),
    comment         text        NOT NULL,
    rated_at        timestamptz NOT NULL,
    PRIMARY KEY (incident_id, way)
);
COMMENT ON TABLE side_rating IS 'What the two sides of a case say of each other: down is the department of the worker';
CREATE INDEX side_rating_by_time ON side_rating (way, rated_at);

CREATE TABLE matter_kind (
    task_type text PRIMARY KEY,
    kind      text NOT NULL CHECK (kind IN ('', 'practical', 'agency', 'dispute'))
);
COMMENT ON TABLE matter_kind IS 'What task types count as; those that are missing by their class';
