-- name: read_lives
-- Plugins with where they stand and their task types, by name; no names choose all.
SELECT plugin.name, plugin.department_code, plugin.standing, plugin.area_codes,
       ARRAY(SELECT type.code FROM task_type AS type WHERE type.plugin = plugin.name ORDER BY type.code) AS task_types
  FROM plugin
 WHERE %(name)s = '' OR plugin.name = %(name)s
 ORDER BY plugin.name;

-- name: read_releases
-- Releases, oldest first, with how many instances hold a live lease.
SELECT release.plugin, release.name, release.version, release.sdk_version, release.from_at, release.ended_at,
       release.online, release.since_at, release.seen_at,
       (SELECT count(*) FROM lease
         WHERE lease.plugin = release.plugin AND lease.release = release.name
           AND lease.expires_at > %(now)s)::integer AS instances
  FROM plugin_release AS release
 WHERE %(name)s = '' OR release.plugin = %(name)s
 ORDER BY release.plugin, release.from_at NULLS FIRST, release.name;

-- name: save_release
INSERT INTO plugin_release (plugin, name, version, sdk_version, from_at, ended_at, online, since_at, seen_at)
VALUES (%(plugin)s, %(name)s, %(version)s, %(sdk_version)s, %(from_at)s, %(ended_at)s, %(online)s, %(since_at)s,
        %(seen_at)s)
    ON CONFLICT (plugin, name) DO UPDATE
   SET version = excluded.version, sdk_version = excluded.sdk_version, ended_at = excluded.ended_at,
       online = excluded.online, since_at = excluded.since_at, seen_at = excluded.seen_at;

-- name: touch_release
UPDATE plugin_release SET seen_at = %(now)s WHERE plugin = %(plugin)s AND name = %(name)s;

-- name: find_silent
-- Releases that count as online and of which no instance holds a live lease any more.
SELECT release.plugin, release.name
  FROM plugin_release AS release
 WHERE release.online
   AND NOT EXISTS (SELECT 1 FROM lease
                    WHERE lease.plugin = release.plugin AND lease.release = release.name
                      AND lease.expires_at > %(now)s);

-- name: save_standing
UPDATE plugin SET standing = %(standing)s, area_codes = %(area_codes)s WHERE name = %(name)s;

-- name: insert_plugin_decision
INSERT INTO plugin_decision (id, plugin, deed, decided_by, reason, decided_at, task_types, area_codes, release)
VALUES (%(id)s, %(plugin)s, %(deed)s, %(decided_by)s, %(reason)s, %(decided_at)s, %(task_types)s, %(area_codes)s,
        %(release)s);

-- name: list_plugin_decisions
-- The latest decisions about a plugin, newest first.
SELECT plugin, deed, decided_by, reason, decided_at, task_types, area_codes, release
  FROM plugin_decision
 WHERE plugin = %(plugin)s
 ORDER BY decided_at DESC, id DESC
 LIMIT 100;
