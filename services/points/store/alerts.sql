-- name: insert_alert
-- Something that somebody answers for happened.
INSERT INTO alert (id, occasion, mark, area_path, roles, subjects, title, title_en, place, count, made_at)
VALUES (%(id)s, %(occasion)s, %(mark)s, %(area_path)s::ltree, %(roles)s, %(subjects)s, %(title)s, %(title_en)s, %(place)s,
        %(count)s, %(made_at)s)
ON CONFLICT (occasion, mark) DO NOTHING;

-- name: list_untold_alerts
-- Of which nobody was told yet, oldest first; what nobody answers for waits for somebody, but not for ever.
SELECT id, occasion, mark, area_path::text AS area_path, roles, subjects, title, title_en, place, count
  FROM alert
 WHERE told_at IS NULL AND made_at > %(since)s
 ORDER BY made_at, id
 LIMIT %(size)s;

-- name: note_alert_told
-- Whoever answers for it was told.
UPDATE alert SET told_at = %(at)s WHERE id = %(id)s;
