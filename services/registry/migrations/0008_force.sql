-- The force on the ground: who was sent into the grids, and which grids each answers for.

CREATE TABLE force_member (
    staff_code text        PRIMARY KEY,
    kind       smallint    NOT NULL CHECK (kind BETWEEN 1 AND 3),
    unit       text        NOT NULL DEFAULT '',
    placed_by  text        NOT NULL,
    placed_at  timestamptz NOT NULL
);
COMMENT ON TABLE force_member IS 'Cadres sent down, recruits and social forces (力量下沉), by subject and never by name';

CREATE TABLE force_place (
    staff_code text NOT NULL REFERENCES force_member (staff_code) ON DELETE CASCADE,
    grid_code  text NOT NULL REFERENCES area (code),
    PRIMARY KEY (staff_code, grid_code)
);
CREATE INDEX force_place_by_grid ON force_place (grid_code, staff_code);
