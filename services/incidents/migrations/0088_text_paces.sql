-- How often a telephone was sent a text message lately, so that nobody is sent too many; the number only as a blind index.
CREATE TABLE text_sent (
    notice_id   uuid        PRIMARY KEY,
    phone_index bytea       NOT NULL,
    at          timestamptz NOT NULL,
    pressing    boolean     NOT NULL
);
COMMENT ON TABLE text_sent IS 'Text messages of the last day, by the blind index of the telephone';
CREATE INDEX text_sent_lately ON text_sent (phone_index, at);
CREATE INDEX text_sent_over ON text_sent (at);
