-- Cameras, what they showed, and the reports that came of it.

CREATE TABLE camera (
    id               text             PRIMARY KEY,
    gb_code          text             NOT NULL,
    name             text             NOT NULL,
    longitude_deg    double precision NOT NULL,
    latitude_deg     double precision NOT NULL,
    accuracy_m       double precision NOT NULL,
    grid_code        text             NOT NULL,
    area_path        ltree            NOT NULL,
    road_segment     text             NOT NULL,
    owner_department text             NOT NULL,
    stream_address   text             NOT NULL,
    azimuth_deg      double precision NOT NULL,
    seen_at          timestamptz,
    fault            text             NOT NULL DEFAULT ''
);
COMMENT ON COLUMN camera.stream_address IS 'May hold a password: read only to take a frame, never shown and never logged';
CREATE INDEX camera_by_area ON camera USING gist (area_path);

CREATE TABLE snapshot (
    id            uuid             PRIMARY KEY,
    camera_id     text             NOT NULL REFERENCES camera (id),
    object_key    text             NOT NULL UNIQUE,
    sha256        text             NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    content_type  text             NOT NULL,
    size_bytes    bigint           NOT NULL CHECK (size_bytes > 0),
    width_px      integer          NOT NULL CHECK (width_px > 0),
    height_px     integer          NOT NULL CHECK (height_px > 0),
    longitude_deg double precision NOT NULL,
    latitude_deg  double precision NOT NULL,
    accuracy_m    double precision NOT NULL,
    taken_at      timestamptz      NOT NULL,
    taken_by      text             NOT NULL
);
COMMENT ON TABLE snapshot IS 'Frames that were kept; where the camera stood then is kept with them';
CREATE INDEX snapshot_by_camera ON snapshot (camera_id, taken_at);

CREATE TABLE snapshot_report (
    snapshot_id uuid        NOT NULL REFERENCES snapshot (id),
    case_id     text        NOT NULL,
    number      text        NOT NULL,
    reported_by text        NOT NULL,
    reported_at timestamptz NOT NULL,
    PRIMARY KEY (snapshot_id, case_id)
);
COMMENT ON TABLE snapshot_report IS 'The cases that came of a frame; one frame may show more than one matter';

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % is refused: what a camera showed is not changed', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER snapshot_stays BEFORE UPDATE ON snapshot FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
