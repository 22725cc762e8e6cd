-- Revealing many people: a tally of who saw whom in clear, and the approvals that let it go beyond a hundred a day.

CREATE TABLE revealed (
    subject    text        NOT NULL,
    element_id uuid        NOT NULL,
    at         timestamptz NOT NULL,
    PRIMARY KEY (subject, element_id)
);
COMMENT ON TABLE revealed IS 'When somebody last saw the personal data of an element in clear';
CREATE INDEX revealed_lately ON revealed (subject, at);

CREATE TABLE unmasking (
    id          uuid        PRIMARY KEY,
    asked_by    text        NOT NULL,
    purpose     text        NOT NULL,
    case_id     text        NOT NULL,
    people_max  integer     NOT NULL CHECK (people_max BETWEEN 1 AND 5000),
    people_used integer     NOT NULL DEFAULT 0 CHECK (people_used BETWEEN 0 AND people_max),
    hours       integer     NOT NULL CHECK (hours BETWEEN 1 AND 24),
    asked_at    timestamptz NOT NULL,
    granted     boolean,
    decided_by  text        NOT NULL DEFAULT '',
    until       timestamptz,
    CHECK (decided_by <> asked_by)
);
COMMENT ON TABLE unmasking IS 'Permissions to reveal more than a hundred people a day; never decided by who asked';
CREATE INDEX unmasking_by_asker ON unmasking (asked_by, until);
