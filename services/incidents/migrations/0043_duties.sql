-- Task lists: what is published says what, how much, how, by what measure, by whom and until when.

CREATE TABLE duty (
    id           uuid        PRIMARY KEY,
    version      integer     NOT NULL,
    area_code    text        NOT NULL,
    area_path    ltree       NOT NULL,
    title        text        NOT NULL,
    definition   text        NOT NULL,
    quantity     integer     NOT NULL CHECK (quantity >= 0),
    unit         text        NOT NULL,
    steps        text[]      NOT NULL,
    measure      text        NOT NULL,
    accountable  text        NOT NULL,
    due_at       timestamptz,
    published_at timestamptz,
    done         integer     NOT NULL DEFAULT 0,
    CHECK (published_at IS NULL OR (definition <> '' AND quantity > 0 AND unit <> '' AND cardinality(steps) > 0
                                    AND measure <> '' AND accountable <> '' AND due_at IS NOT NULL))
);
COMMENT ON TABLE duty IS 'A task on somebody''s list; none is published that cannot be defined, counted, done, assessed and accounted for';
CREATE INDEX duty_by_due ON duty (due_at, id);

CREATE TABLE duty_work (
    duty_id  uuid        NOT NULL REFERENCES duty,
    at       timestamptz NOT NULL,
    by       text        NOT NULL,
    quantity integer     NOT NULL CHECK (quantity > 0),
    words    text        NOT NULL
);
COMMENT ON TABLE duty_work IS 'How much was done, when and by whom';
CREATE INDEX duty_work_by_duty ON duty_work (duty_id, at);

CREATE TABLE duty_appraisal (
    duty_id   uuid        NOT NULL REFERENCES duty,
    quarter   text        NOT NULL,
    appraiser text        NOT NULL CHECK (appraiser IN ('leader', 'third_party', 'households')),
    score     integer     NOT NULL CHECK (score BETWEEN 0 AND 100),
    words     text        NOT NULL,
    by        text        NOT NULL,
    at        timestamptz NOT NULL,
    PRIMARY KEY (duty_id, quarter, appraiser)
);
COMMENT ON TABLE duty_appraisal IS 'What a duty was appraised at, once a quarter by each who appraises';
