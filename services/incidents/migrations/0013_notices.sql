-- Who is told what, by which channel, and whether it arrived.

CREATE TABLE notice (
    id            uuid        PRIMARY KEY,
    place         bigint      GENERATED ALWAYS AS IDENTITY,
    incident_id   uuid        REFERENCES incident,
    occasion      text        NOT NULL,
    mark          text        NOT NULL,
    recipient     text        NOT NULL,
    channel       text        NOT NULL CHECK (channel IN ('app', 'sms', 'webhook')),
    text          text        NOT NULL,
    state         text        NOT NULL CHECK (state IN ('waiting', 'sent', 'delivered', 'failed')),
    created_at    timestamptz NOT NULL,
    due_at        timestamptz NOT NULL,
    claimed_until timestamptz,
    try_count     integer     NOT NULL DEFAULT 0,
    provider_id   text,
    sent_at       timestamptz,
    delivered_at  timestamptz,
    read_at       timestamptz,
    problem       text        NOT NULL DEFAULT '',
    UNIQUE NULLS NOT DISTINCT (incident_id, occasion, mark, recipient, channel)
);
COMMENT ON TABLE notice IS 'One thing told to one recipient by one channel; the unique key keeps it from being told twice';
COMMENT ON COLUMN notice.mark IS 'Tells occasions of one kind apart where they may come again; empty for those that come once';
CREATE INDEX notice_waiting ON notice (due_at) WHERE state = 'waiting';
CREATE INDEX notice_in_order ON notice (recipient, channel, incident_id, place) WHERE state = 'waiting';
CREATE INDEX notice_by_recipient ON notice (recipient, place) WHERE channel = 'app';
CREATE UNIQUE INDEX notice_by_provider ON notice (channel, provider_id) WHERE provider_id IS NOT NULL;

CREATE TABLE notice_template (
    occasion  text NOT NULL,
    task_type text NOT NULL,
    channel   text NOT NULL,
    language  text NOT NULL,
    text      text NOT NULL,
    PRIMARY KEY (occasion, task_type, channel, language)
);
COMMENT ON TABLE notice_template IS 'The city''s own texts; an empty task type or channel means all';

CREATE TABLE contact (
    subject     text        PRIMARY KEY,
    phone       bytea       NOT NULL,
    phone_index bytea       NOT NULL,
    sms         boolean     NOT NULL,
    language    text        NOT NULL,
    updated_at  timestamptz NOT NULL
);
COMMENT ON TABLE contact IS 'How somebody is reached; the number is sealed, its index is blind';
CREATE INDEX contact_by_phone ON contact (phone_index);

CREATE TABLE webhook (
    id              uuid        PRIMARY KEY,
    url             text        NOT NULL,
    secret          bytea       NOT NULL,
    event_types     text[]      NOT NULL,
    area_code       text        NOT NULL,
    department_code text        NOT NULL,
    added_by        text        NOT NULL,
    added_at        timestamptz NOT NULL,
    stopped_at      timestamptz
);
COMMENT ON TABLE webhook IS 'Other systems that are told of events; the secret is sealed';

CREATE TABLE sms_received (
    message_id  text        PRIMARY KEY,
    phone       bytea       NOT NULL,
    subject     text        NOT NULL,
    text        text        NOT NULL,
    reply       text        NOT NULL,
    received_at timestamptz NOT NULL
);
COMMENT ON TABLE sms_received IS 'Text messages that came in; one delivered twice is found here';
