-- name: set_up
-- Events that wait for a hook or were put aside for a person; what is to be sent; what was noted; how each is.
-- Both kinds of desk read this, a file of SQLite and a schema of PostgreSQL: only what both take alike is written here.
CREATE TABLE IF NOT EXISTS waiting (
    plugin   TEXT    NOT NULL,
    id       TEXT    NOT NULL,
    event    BYTEA   NOT NULL,
    aside    INTEGER NOT NULL DEFAULT 0,
    hook     TEXT    NOT NULL DEFAULT '',
    tries    INTEGER NOT NULL DEFAULT 0,
    error    TEXT    NOT NULL DEFAULT '',
    kept_at  TEXT    NOT NULL,
    PRIMARY KEY (plugin, id)
);
CREATE TABLE IF NOT EXISTS outgoing (
    plugin  TEXT    NOT NULL,
    id      TEXT    NOT NULL,
    letter  TEXT    NOT NULL,
    aside   INTEGER NOT NULL DEFAULT 0,
    tries   INTEGER NOT NULL DEFAULT 0,
    due_s   DOUBLE PRECISION NOT NULL DEFAULT 0,
    error   TEXT    NOT NULL DEFAULT '',
    kept_at TEXT    NOT NULL,
    PRIMARY KEY (plugin, id)
);
CREATE TABLE IF NOT EXISTS seen (
    plugin TEXT NOT NULL,
    id     TEXT NOT NULL,
    at_s   DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (plugin, id)
);
CREATE TABLE IF NOT EXISTS note (
    plugin TEXT NOT NULL,
    key    TEXT NOT NULL,
    value  TEXT NOT NULL,
    PRIMARY KEY (plugin, key)
);
CREATE TABLE IF NOT EXISTS standing (
    line TEXT PRIMARY KEY,
    told TEXT NOT NULL
);

-- name: put_waiting
INSERT INTO waiting (plugin, id, event, kept_at) VALUES (:plugin, :id, :event, :kept_at)
    ON CONFLICT (plugin, id) DO NOTHING;

-- name: put_aside
-- An event told again after it was put aside keeps its place.
INSERT INTO waiting (plugin, id, event, aside, hook, tries, error, kept_at)
VALUES (:plugin, :id, :event, 1, :hook, :tries, :error, :kept_at)
    ON CONFLICT (plugin, id) DO UPDATE
   SET aside = 1, hook = excluded.hook, tries = excluded.tries, error = excluded.error;

-- name: list_due
SELECT id, event FROM waiting WHERE plugin = :plugin AND aside = 0 ORDER BY kept_at, id LIMIT :most;

-- name: count_due
SELECT count(*) AS number FROM waiting WHERE plugin = :plugin AND aside = 0;

-- name: list_aside
SELECT plugin, id, event, hook, tries, error, kept_at FROM waiting
 WHERE aside = 1 AND (:plugin = '' OR plugin = :plugin) ORDER BY kept_at, id;

-- name: count_aside
SELECT count(*) AS number FROM waiting WHERE plugin = :plugin AND aside = 1;

-- name: drop_waiting
DELETE FROM waiting WHERE plugin = :plugin AND id = :id;

-- name: tell_again
UPDATE waiting SET aside = 0, tries = 0 WHERE aside = 1 AND (:plugin = '' OR plugin = :plugin) AND (:id = '' OR id = :id);

-- name: drop_aside
DELETE FROM waiting WHERE aside = 1 AND (:plugin = '' OR plugin = :plugin) AND id = :id;

-- name: mark_seen
INSERT INTO seen (plugin, id, at_s) VALUES (:plugin, :id, :at_s) ON CONFLICT (plugin, id) DO NOTHING;

-- name: forget_seen
DELETE FROM seen WHERE at_s < :before_s;

-- name: put_outgoing
INSERT INTO outgoing (plugin, id, letter, kept_at) VALUES (:plugin, :id, :letter, :kept_at)
    ON CONFLICT (plugin, id) DO NOTHING;

-- name: list_outgoing_due
SELECT id, letter, tries, kept_at FROM outgoing
 WHERE plugin = :plugin AND aside = 0 AND due_s <= :now_s ORDER BY kept_at, id LIMIT :most;

-- name: next_outgoing
SELECT min(due_s) AS due_s FROM outgoing WHERE plugin = :plugin AND aside = 0;

-- name: drop_outgoing
DELETE FROM outgoing WHERE plugin = :plugin AND id = :id;

-- name: postpone_outgoing
UPDATE outgoing SET tries = :tries, due_s = :due_s, error = :error, aside = :aside WHERE plugin = :plugin AND id = :id;

-- name: list_outgoing_aside
SELECT plugin, id, letter, tries, error, kept_at FROM outgoing
 WHERE aside = 1 AND (:plugin = '' OR plugin = :plugin) ORDER BY kept_at, id;

-- name: send_again
UPDATE outgoing SET aside = 0, tries = 0, due_s = 0
 WHERE aside = 1 AND (:plugin = '' OR plugin = :plugin) AND (:id = '' OR id = :id);

-- name: drop_outgoing_aside
DELETE FROM outgoing WHERE aside = 1 AND (:plugin = '' OR plugin = :plugin) AND id = :id;

-- name: read_note
SELECT value FROM note WHERE plugin = :plugin AND key = :key;

-- name: put_note
INSERT INTO note (plugin, key, value) VALUES (:plugin, :key, :value)
    ON CONFLICT (plugin, key) DO UPDATE SET value = excluded.value;

-- name: drop_note
DELETE FROM note WHERE plugin = :plugin AND key = :key;

-- name: list_notes
SELECT key FROM note WHERE plugin = :plugin AND substr(key, 1, length(:prefix)) = :prefix;

-- name: count_notes
SELECT count(*) AS number FROM note WHERE plugin = :plugin;

-- name: put_standing
INSERT INTO standing (line, told) VALUES (:line, :told)
    ON CONFLICT (line) DO UPDATE SET told = excluded.told;

-- name: list_standings
SELECT line, told FROM standing;
