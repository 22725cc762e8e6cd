-- name: save_place
-- A place as it is now.
INSERT INTO place (code, name, address, hours, area_path)
VALUES (%(code)s, %(name)s, %(address)s, %(hours)s, %(area_path)s::ltree)
ON CONFLICT (code) DO UPDATE
   SET name = excluded.name, address = excluded.address, hours = excluded.hours, area_path = excluded.area_path;

-- name: list_places
-- By code.
SELECT code, name, address, hours, area_path::text FROM place WHERE %(code)s = '' OR code = %(code)s ORDER BY code;

-- name: save_goods
-- Goods as they are offered now; nothing changes, no new version.
INSERT INTO goods AS g (code, version, title, title_en, description, kind, points, limit_per_month, picture, withdrawn,
                        low_mark, saved_at)
VALUES (%(code)s, 1, %(title)s, %(title_en)s, %(description)s, %(kind)s, %(points)s, %(limit_per_month)s, %(picture)s,
        %(withdrawn)s, %(low_mark)s, %(saved_at)s)
ON CONFLICT (code) DO UPDATE
   SET version = g.version + 1, title = excluded.title, title_en = excluded.title_en,
       description = excluded.description, kind = excluded.kind, points = excluded.points,
       limit_per_month = excluded.limit_per_month, picture = excluded.picture, withdrawn = excluded.withdrawn,
       low_mark = excluded.low_mark, saved_at = excluded.saved_at
 WHERE (g.title, g.title_en, g.description, g.kind, g.points, g.limit_per_month, g.picture, g.withdrawn, g.low_mark)
    IS DISTINCT FROM (excluded.title, excluded.title_en, excluded.description, excluded.kind, excluded.points,
                      excluded.limit_per_month, excluded.picture, excluded.withdrawn, excluded.low_mark);

-- name: list_goods
-- By code.
SELECT code, version, title, title_en, description, kind, points, limit_per_month, picture, withdrawn, low_mark
  FROM goods AS g
 WHERE (%(code)s = '' OR code = %(code)s) AND (%(with_withdrawn)s OR NOT withdrawn)
 ORDER BY code;

-- name: list_shelves
-- How much lies where, from the books.
SELECT g.code AS goods_code, p.code AS place_code, g.low_mark, h.balance AS on_hand, coalesce(r.balance, 0) AS reserved
  FROM goods AS g
  JOIN ledger.account AS h ON h.unit = 'goods:' || g.code AND h.kind = 'on_hand'
  JOIN place AS p ON h.owner = 'place:' || p.code
  LEFT JOIN ledger.account AS r ON r.owner = h.owner AND r.unit = h.unit AND r.kind = 'reserved'
 WHERE (%(goods)s = '' OR g.code = %(goods)s) AND (%(place)s = '' OR p.code = %(place)s)
   AND (NOT %(low_only)s OR h.balance < g.low_mark AND NOT g.withdrawn)
 ORDER BY CASE WHEN %(low_only)s THEN h.balance ELSE 0 END, g.code, p.code;

-- name: lock_wishes
-- One redemption of one person at a time, so that the month's limit is counted right.
SELECT pg_advisory_xact_lock(7401021, hashtext(%(owner)s));

-- name: count_in_month
-- How many somebody had this month, without what was given up.
SELECT coalesce(sum(quantity), 0)::int AS had FROM redemption
 WHERE owner = %(owner)s AND goods_code = %(goods)s AND month = %(month)s AND state IN ('held', 'fetched');

-- name: insert_redemption
-- Set aside.
INSERT INTO redemption (id, owner, request_id, goods_code, goods_version, title, title_en, quantity, points, place_code,
                        month, code_digest, at, until)
VALUES (%(id)s, %(owner)s, %(request_id)s, %(goods_code)s, %(goods_version)s, %(title)s, %(title_en)s, %(quantity)s,
        %(points)s, %(place_code)s, %(month)s, %(code_digest)s, %(at)s, %(until)s);

-- name: find_redemption
-- By id or by the digest of its code; nobody else ends it now.
SELECT id, owner, request_id, goods_code, goods_version, title, title_en, quantity, points, place_code, month,
       code_digest, state, at, until, ended_at
  FROM redemption
 WHERE id = %(id)s OR code_digest = %(digest)s
   FOR UPDATE;

-- name: end_redemption
-- Fetched, given up, lapsed or brought back.
UPDATE redemption SET state = %(state)s, ended_at = %(at)s, ended_by = %(by)s WHERE id = %(id)s;

-- name: list_redemptions
-- Newest first, somebody's own or those of a place.
SELECT id, owner, request_id, goods_code, goods_version, title, title_en, quantity, points, place_code, month,
       code_digest, state, at, until, ended_at
  FROM redemption
 WHERE (%(owner)s = '' OR owner = %(owner)s) AND (%(place)s = '' OR place_code = %(place)s)
   AND (%(states)s::text[] = '{}' OR state = ANY (%(states)s::text[]))
   AND (%(before_at)s::timestamptz IS NULL OR (at, id) < (%(before_at)s::timestamptz, %(before_id)s::uuid))
 ORDER BY at DESC, id DESC
 LIMIT %(size)s;

-- name: list_lapsed
-- Not fetched in time.
SELECT id FROM redemption WHERE state = 'held' AND until <= %(now)s ORDER BY until LIMIT %(size)s;
