-- Where plugins stand, in which areas, in which releases, and what was decided about them.

ALTER TABLE plugin
    ADD COLUMN standing   smallint NOT NULL DEFAULT 1 CHECK (standing BETWEEN 1 AND 3),
    ADD COLUMN area_codes text[]   NOT NULL DEFAULT '{}';
COMMENT ON COLUMN plugin.area_codes IS 'Areas in which it is enabled; empty means everywhere';

CREATE TABLE plugin_release (
    plugin      text        NOT NULL REFERENCES plugin (name),
    name        text        NOT NULL,
    version     text        NOT NULL,
    sdk_version text        NOT NULL,
    from_at     timestamptz,
    ended_at    timestamptz,
    online      boolean     NOT NULL,
    since_at    timestamptz NOT NULL,
    seen_at     timestamptz NOT NULL,
    PRIMARY KEY (plugin, name)
);
COMMENT ON TABLE plugin_release IS 'Versions of a plugin''s program side by side; each serves the cases reported while it was the newest';
COMMENT ON COLUMN plugin_release.from_at IS 'Serves cases reported from then on; the first serves all before';

INSERT INTO plugin_release (plugin, name, version, sdk_version, online, since_at, seen_at)
SELECT name, '', version, sdk_version, false, seen_at, seen_at FROM plugin;

ALTER TABLE lease ADD COLUMN release text NOT NULL DEFAULT '';

CREATE TABLE plugin_decision (
    id         uuid        PRIMARY KEY,
    plugin     text        NOT NULL REFERENCES plugin (name),
    deed       text        NOT NULL CHECK (deed IN ('suspend', 'resume', 'withdraw', 'enable', 'end_release')),
    decided_by text        NOT NULL,
    reason     text        NOT NULL,
    decided_at timestamptz NOT NULL,
    task_types text[]      NOT NULL,
    area_codes text[]      NOT NULL,
    release    text        NOT NULL
);
COMMENT ON TABLE plugin_decision IS 'Who suspended, resumed, withdrew or enabled a plugin, or ended a release, when and why';
CREATE INDEX plugin_decision_by_plugin ON plugin_decision (plugin, decided_at);
CREATE TRIGGER plugin_decision_stands BEFORE UPDATE OR DELETE ON plugin_decision
    FOR EACH ROW EXECUTE FUNCTION refuse_rewriting();
