-- The ten-minute rescue circle: who can help, and each call for help.

CREATE TABLE rescue_resource (
    id            text             PRIMARY KEY,
    name          text             NOT NULL,
    kind          text             NOT NULL,
    longitude_deg double precision NOT NULL,
    latitude_deg  double precision NOT NULL,
    phone         text             NOT NULL,
    on_duty       boolean          NOT NULL,
    grid_code     text             NOT NULL
);

CREATE TABLE rescue_call (
    id            uuid             PRIMARY KEY,
    longitude_deg double precision NOT NULL,
    latitude_deg  double precision NOT NULL,
    words         text             NOT NULL,
    raised_at     timestamptz      NOT NULL,
    raised_by     text             NOT NULL,
    on_site_at    timestamptz,
    on_site_by    text             NOT NULL DEFAULT ''
);
CREATE INDEX rescue_call_by_time ON rescue_call (raised_at);
