-- Orders, who takes part in them, and pairs for people in need.

CREATE TABLE service_order (
    id               text        PRIMARY KEY,
    number           text        NOT NULL,
    category         text        NOT NULL,
    description      text        NOT NULL,
    place            text        NOT NULL DEFAULT '',
    longitude_deg    float8      NOT NULL,
    latitude_deg     float8      NOT NULL,
    area_path        ltree       NOT NULL,
    grid_code        text        NOT NULL DEFAULT '',
    estate           text        NOT NULL DEFAULT '',
    owner            text        NOT NULL,
    minutes          int         NOT NULL CHECK (minutes > 0),
    people           int         NOT NULL CHECK (people > 0),
    wanted_at        timestamptz,
    opened_at        timestamptz NOT NULL,
    state            text        NOT NULL DEFAULT 'opened'
                     CHECK (state IN ('opened', 'published', 'serving', 'settled', 'credited', 'disputed', 'cancelled')),
    published_at     timestamptz,
    settled_at       timestamptz,
    rating           int         NOT NULL DEFAULT 0 CHECK (rating BETWEEN 0 AND 5),
    rated_by_default boolean     NOT NULL DEFAULT false,
    generation       int         NOT NULL DEFAULT 0,
    credited_at      timestamptz,
    disputed_by      text        NOT NULL DEFAULT '',
    dispute_reason   text        NOT NULL DEFAULT '',
    decision         text        NOT NULL DEFAULT '',
    case_state       text        NOT NULL DEFAULT '',
    CHECK (state IN ('opened', 'cancelled') OR published_at IS NOT NULL)
);
COMMENT ON TABLE service_order IS 'An order is a case of incidents under the same id; its places are seats in the ledger, unit seats:<id>';
COMMENT ON COLUMN service_order.generation IS 'Rises when what was credited is taken back, so that a new credit has keys of its own';
CREATE INDEX service_order_by_time ON service_order (opened_at DESC, id DESC);
CREATE INDEX service_order_by_owner ON service_order (owner, opened_at DESC, id DESC);
CREATE INDEX service_order_by_area ON service_order USING gist (area_path);
CREATE INDEX service_order_offered ON service_order (published_at) WHERE state IN ('published', 'serving');
CREATE INDEX service_order_unrated ON service_order (settled_at) WHERE state = 'settled';

CREATE TABLE claim (
    id             uuid        PRIMARY KEY,
    order_id       text        NOT NULL REFERENCES service_order (id),
    volunteer      text        NOT NULL REFERENCES volunteer (subject),
    state          text        NOT NULL DEFAULT 'taken'
                   CHECK (state IN ('taken', 'checked_in', 'checked_out', 'requested', 'settled', 'credited', 'released', 'no_show')),
    during         tstzrange   NOT NULL,
    claimed_at     timestamptz NOT NULL,
    checked_in_at  timestamptz,
    checked_out_at timestamptz,
    device         text        NOT NULL DEFAULT '',
    note           text        NOT NULL DEFAULT '',
    photos         jsonb       NOT NULL DEFAULT '[]',
    requested_at   timestamptz,
    settled_at     timestamptz,
    decided_by     text        NOT NULL DEFAULT '',
    decision       text        NOT NULL DEFAULT '',
    minutes_there  int         NOT NULL DEFAULT 0 CHECK (minutes_there >= 0),
    given_that_day int         NOT NULL DEFAULT 0,
    minutes        int         NOT NULL DEFAULT 0,
    points         bigint      NOT NULL DEFAULT 0,
    served_on      date,
    CONSTRAINT claim_not_own_judge CHECK (decided_by <> volunteer),
    CONSTRAINT claim_one_at_a_time EXCLUDE USING gist (volunteer WITH =, during WITH &&)
        WHERE (state IN ('taken', 'checked_in')),
    CHECK (checked_out_at >= checked_in_at)
);
CREATE UNIQUE INDEX claim_once ON claim (order_id, volunteer) WHERE state <> 'released';
CREATE INDEX claim_by_volunteer ON claim (volunteer, claimed_at DESC);
CREATE INDEX claim_by_day ON claim (volunteer, served_on) WHERE state = 'credited';

CREATE TABLE pair (
    id           uuid        PRIMARY KEY,
    beneficiary  text        NOT NULL UNIQUE,
    need         text        NOT NULL CHECK (need IN ('elderly', 'disabled', 'poor', 'left_behind_child')),
    area_path    ltree       NOT NULL,
    volunteers   text[]      NOT NULL CHECK (cardinality(volunteers) BETWEEN 1 AND 2),
    contact_at   timestamptz NOT NULL,
    contact_note text        NOT NULL DEFAULT '',
    alerted_at   timestamptz,
    CHECK (volunteers[1] <> coalesce(volunteers[2], '')),
    CHECK (NOT beneficiary = ANY (volunteers))
);
CREATE INDEX pair_by_contact ON pair (contact_at);
