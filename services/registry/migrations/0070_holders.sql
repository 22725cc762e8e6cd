-- Who holds which post from when: the word of the day it was given, and of the day it took effect.

CREATE TABLE post_holding (
    post_code  text        NOT NULL REFERENCES post (code),
    from_at    timestamptz NOT NULL,
    staff_code text        NOT NULL,
    reason     text        NOT NULL DEFAULT '',
    named_by   text        NOT NULL,
    named_at   timestamptz NOT NULL,
    to_come    boolean     NOT NULL,
    PRIMARY KEY (post_code, from_at)
);
COMMENT ON TABLE post_holding IS 'Who was named for a post, from when and why; an empty staff_code leaves it vacant';
COMMENT ON COLUMN post_holding.to_come IS 'Not in effect yet: post.staff_code is still somebody else';
CREATE INDEX post_holding_due ON post_holding (from_at) WHERE to_come;
CREATE UNIQUE INDEX post_holding_one_to_come ON post_holding (post_code) WHERE to_come;
