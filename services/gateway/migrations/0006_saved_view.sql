-- Views of the command page that people keep: filters, map and area as they stand in the address.

CREATE TABLE saved_view (
    id         uuid        PRIMARY KEY,
    subject    text        NOT NULL,
    role       text        NOT NULL DEFAULT '',
    name       text        NOT NULL CHECK (name <> '' AND length(name) <= 30),
    query      text        NOT NULL CHECK (length(query) <= 2000),
    created_at timestamptz NOT NULL,
    UNIQUE (subject, name)
);
COMMENT ON COLUMN saved_view.role IS 'everybody in this role sees it too; empty keeps it private';
CREATE INDEX saved_view_by_role ON saved_view (role) WHERE role <> '';
