-- The city's own routing rules, in versions.

CREATE TABLE routing_rules (
    version      integer     PRIMARY KEY,
    rules        jsonb       NOT NULL,
    note         text        NOT NULL,
    created_by   text        NOT NULL,
    created_at   timestamptz NOT NULL,
    tried_at     timestamptz,
    tried_count  integer     NOT NULL DEFAULT 0,
    moved_count  integer     NOT NULL DEFAULT 0,
    activated_by text        NOT NULL DEFAULT '',
    activated_at timestamptz
);
COMMENT ON TABLE routing_rules IS 'Sets of routing rules; a stored set is never changed, a correction is a new version';

CREATE TABLE routing_rules_active (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    version  integer REFERENCES routing_rules
);
INSERT INTO routing_rules_active (version) VALUES (NULL);
COMMENT ON TABLE routing_rules_active IS 'The version in force; none while it is null';
