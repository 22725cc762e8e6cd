-- What every service keeps beside its own tables: answered requests, its outbox, and how far readers have come.

CREATE TABLE request (
    subject     text        NOT NULL,
    method      text        NOT NULL,
    request_id  text        NOT NULL,
    body_digest bytea       NOT NULL,
    answer      bytea       NOT NULL,
    answered_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (subject, method, request_id)
);
COMMENT ON TABLE request IS 'Answers given, so that a repeated request gets the same one (idempotency)';
CREATE INDEX request_by_age ON request USING brin (answered_at);

CREATE SEQUENCE outbox_position;
CREATE TABLE outbox (
    id          uuid        PRIMARY KEY,
    position    bigint      UNIQUE,
    inserted    bigint      GENERATED ALWAYS AS IDENTITY,
    type        text        NOT NULL,
    subject     text        NOT NULL,
    task_type   text        NOT NULL DEFAULT '',
    occurred_at timestamptz NOT NULL,
    payload     bytea       NOT NULL
);
COMMENT ON COLUMN outbox.position IS 'Set after commit by the sequencer; readers go by it, so that a slow commit is never passed over';
CREATE INDEX outbox_unsequenced ON outbox (inserted) WHERE position IS NULL;

CREATE TABLE reader (
    name     text        PRIMARY KEY,
    position bigint      NOT NULL DEFAULT 0,
    moved_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE reader IS 'How far each group of consumers has acknowledged';

CREATE TABLE handled (
    source   text        NOT NULL,
    event_id uuid        NOT NULL,
    at       timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (source, event_id)
);
COMMENT ON TABLE handled IS 'Events of other services that were handled here, so that one that comes again does nothing';
