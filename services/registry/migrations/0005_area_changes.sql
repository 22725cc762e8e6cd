-- Areas that change from one day on, and how each was on any day before.

CREATE TABLE area_form (
    code           text    NOT NULL REFERENCES area (code),
    since          date    NOT NULL,
    until          date    CHECK (until > since),
    name           text    NOT NULL,
    name_en        text    NOT NULL,
    level          smallint NOT NULL,
    kind           text    NOT NULL,
    parent_code    text    NOT NULL,
    path           ltree   NOT NULL,
    households     integer NOT NULL,
    population     integer NOT NULL,
    area_m2        double precision NOT NULL,
    longitude_deg  double precision NOT NULL,
    latitude_deg   double precision NOT NULL,
    outline        text    NOT NULL,
    change_id      uuid,
    from_codes     text[]  NOT NULL DEFAULT '{}',
    PRIMARY KEY (code, since)
);
COMMENT ON TABLE area_form IS 'How each area was from one day to another; until is the first day on which it was so no more';
CREATE INDEX area_form_by_day ON area_form (since, until);
INSERT INTO area_form (code, since, name, name_en, level, kind, parent_code, path, households, population, area_m2,
                       longitude_deg, latitude_deg, outline)
SELECT code, current_date, name, name_en, level, kind, parent_code, path, households, population, area_m2,
       longitude_deg, latitude_deg, outline
  FROM area WHERE NOT retired;

CREATE TABLE area_change (
    id           uuid        PRIMARY KEY,
    kind         smallint    NOT NULL CHECK (kind BETWEEN 1 AND 5),
    state        smallint    NOT NULL CHECK (state BETWEEN 1 AND 4),
    effective_on date        NOT NULL,
    reason       text        NOT NULL,
    wanted       jsonb       NOT NULL,
    preview      jsonb       NOT NULL,
    planned_by   text        NOT NULL,
    planned_at   timestamptz NOT NULL,
    decided_by   text        NOT NULL DEFAULT '',
    done_at      timestamptz
);
COMMENT ON TABLE area_change IS 'Splits, merges and the like: what was wanted, and what it does or did';
CREATE INDEX area_change_due ON area_change (effective_on) WHERE state = 2;
