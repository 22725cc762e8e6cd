-- name: insert_order
-- An order as its case tells it; what its owner said besides is added while it is not published.
INSERT INTO service_order AS o (id, number, category, description, place, longitude_deg, latitude_deg, area_path, grid_code,
                                estate, owner, minutes, people, wanted_at, opened_at, case_state)
VALUES (%(id)s, %(number)s, %(category)s, %(description)s, %(place)s, %(longitude_deg)s, %(latitude_deg)s,
        %(area_path)s::ltree, %(grid_code)s, %(estate)s, %(owner)s, %(minutes)s, %(people)s, %(wanted_at)s, %(opened_at)s,
        %(case_state)s)
ON CONFLICT (id) DO UPDATE
   SET estate = CASE WHEN excluded.estate <> '' THEN excluded.estate ELSE o.estate END,
       wanted_at = coalesce(excluded.wanted_at, o.wanted_at)
 WHERE o.state = 'opened' AND (excluded.estate <> '' OR excluded.wanted_at IS NOT NULL)
RETURNING xmax = 0 AS fresh;

-- name: find_order
-- One order with its free places.
SELECT o.id, o.number, o.category, o.description, o.place, o.longitude_deg, o.latitude_deg, o.area_path::text, o.grid_code,
       o.estate, o.owner, o.minutes, o.people, o.wanted_at, o.opened_at, o.state, o.published_at, o.settled_at, o.rating,
       o.rated_by_default, o.generation, o.credited_at, o.dispute_reason, o.case_state, coalesce(a.balance, 0) AS places
  FROM service_order AS o
  LEFT JOIN ledger.account AS a ON a.owner = 'seats:' || o.id AND a.unit = 'seats:' || o.id AND a.kind = 'open'
 WHERE o.id = %(id)s;

-- name: lock_order
-- Nobody else changes the order until the transaction ends.
SELECT id FROM service_order WHERE id = %(id)s FOR NO KEY UPDATE;

-- name: share_order
-- The order stays as it is until the transaction ends; many may see to that at once.
SELECT id FROM service_order WHERE id = %(id)s FOR SHARE;

-- name: update_order
-- The order as it stands now.
UPDATE service_order
   SET state = %(state)s, published_at = %(published_at)s, settled_at = %(settled_at)s, rating = %(rating)s,
       rated_by_default = %(rated_by_default)s, generation = %(generation)s, credited_at = %(credited_at)s,
       dispute_reason = %(dispute_reason)s, case_state = %(case_state)s
 WHERE id = %(id)s;

-- name: note_dispute
-- Who doubts, and what was decided.
UPDATE service_order SET disputed_by = coalesce(%(by)s, disputed_by), decision = coalesce(%(decision)s, decision) WHERE id = %(id)s;

-- name: list_orders
-- Newest first: those somebody opened, those somebody claimed, or those of some areas.
SELECT o.id, o.number, o.category, o.description, o.place, o.longitude_deg, o.latitude_deg, o.area_path::text, o.grid_code,
       o.estate, o.owner, o.minutes, o.people, o.wanted_at, o.opened_at, o.state, o.published_at, o.settled_at, o.rating,
       o.rated_by_default, o.generation, o.credited_at, o.dispute_reason, o.case_state, coalesce(a.balance, 0) AS places
  FROM service_order AS o
  LEFT JOIN ledger.account AS a ON a.owner = 'seats:' || o.id AND a.unit = 'seats:' || o.id AND a.kind = 'open'
 WHERE (%(owner)s = '' OR o.owner = %(owner)s)
   AND (%(volunteer)s = '' OR EXISTS (SELECT 1 FROM claim AS c WHERE c.order_id = o.id AND c.volunteer = %(volunteer)s))
   AND (%(scope_areas)s::ltree[] IS NULL
        OR EXISTS (SELECT 1 FROM unnest(%(scope_areas)s::ltree[]) AS g(area) WHERE o.area_path <@ g.area))
   AND (%(states)s::text[] = '{}' OR o.state = ANY (%(states)s::text[]))
   AND (%(before_at)s::timestamptz IS NULL OR (o.opened_at, o.id) < (%(before_at)s::timestamptz, %(before_id)s::text))
 ORDER BY o.opened_at DESC, o.id DESC
 LIMIT %(size)s;

-- name: list_offered
-- Orders a volunteer could take now: published, with a place left, near enough for the time that has passed.
SELECT o.id, o.number, o.category, o.description, o.place, o.longitude_deg, o.latitude_deg, o.area_path::text, o.grid_code,
       o.estate, o.owner, o.minutes, o.people, o.wanted_at, o.opened_at, o.state, o.published_at, o.settled_at, o.rating,
       o.rated_by_default, o.generation, o.credited_at, o.dispute_reason, o.case_state, a.balance AS places
  FROM service_order AS o
  JOIN volunteer AS v ON v.subject = %(volunteer)s
  JOIN ledger.account AS a ON a.owner = 'seats:' || o.id AND a.unit = 'seats:' || o.id AND a.kind = 'open' AND a.balance > 0
 WHERE o.state IN ('published', 'serving') AND o.published_at <= %(now)s AND o.owner <> v.subject
   AND NOT EXISTS (SELECT 1 FROM claim AS c WHERE c.order_id = o.id AND c.volunteer = v.subject AND c.state <> 'released')
   AND CASE WHEN v.grid_code <> '' AND v.grid_code = o.grid_code THEN 0
            WHEN NOT o.area_path <@ v.area_path THEN 3
            WHEN v.estate <> '' AND v.estate = o.estate THEN 1
            ELSE 2 END * %(ring_minutes)s * interval '1 minute' <= %(now)s - o.published_at
   AND (%(before_at)s::timestamptz IS NULL OR (o.opened_at, o.id) < (%(before_at)s::timestamptz, %(before_id)s::text))
 ORDER BY o.opened_at DESC, o.id DESC
 LIMIT %(size)s;

-- name: list_candidates
-- Volunteers who could come, nearest ring first, then those who can do it.
SELECT v.subject, v.nickname, r.ring, f.fits
  FROM volunteer AS v
  JOIN service_order AS o ON o.id = %(id)s AND o.owner <> v.subject
 CROSS JOIN LATERAL (SELECT CASE WHEN v.grid_code <> '' AND v.grid_code = o.grid_code THEN 1
                                 WHEN NOT o.area_path <@ v.area_path THEN 4
                                 WHEN v.estate <> '' AND v.estate = o.estate THEN 2
                                 ELSE 3 END AS ring) AS r
 CROSS JOIN LATERAL (SELECT o.category = ANY (v.skills)
                         OR EXISTS (SELECT 1 FROM post_claim AS c JOIN post AS p ON p.id = c.post_id
                                     WHERE c.subject = v.subject AND c.released_at IS NULL AND p.category = o.category) AS fits) AS f
 WHERE r.ring < 4 OR f.fits
 ORDER BY r.ring, f.fits DESC, v.subject
 LIMIT %(size)s;

-- name: insert_claim
-- A volunteer's part in an order.
INSERT INTO claim (id, order_id, volunteer, during, claimed_at)
VALUES (%(id)s, %(order_id)s, %(volunteer)s, tstzrange(%(begin)s, %(end)s), %(at)s);

-- name: update_claim
-- The claim as it stands now.
UPDATE claim
   SET state = %(state)s, checked_in_at = %(checked_in_at)s, checked_out_at = %(checked_out_at)s, note = %(note)s,
       photos = %(photos)s::jsonb, decision = %(decision)s, minutes_there = %(minutes_there)s, minutes = %(minutes)s,
       points = %(points)s
 WHERE id = %(id)s;

-- name: note_claim
-- What is kept of a claim beside what it shows: device, who decided, when, and the day it counts for.
UPDATE claim
   SET device = coalesce(%(device)s, device), decided_by = coalesce(%(decided_by)s, decided_by),
       requested_at = coalesce(%(requested_at)s, requested_at), settled_at = coalesce(%(settled_at)s, settled_at),
       served_on = coalesce(%(served_on)s, served_on), given_that_day = coalesce(%(given_that_day)s, given_that_day)
 WHERE id = %(id)s;

-- name: list_claims
-- All claims of an order, or one volunteer's, oldest first.
SELECT c.id, c.order_id, c.volunteer, c.claimed_at, c.state, v.nickname, c.checked_in_at, c.checked_out_at, c.note,
       c.photos, c.decision, c.minutes_there, c.minutes, c.points
  FROM claim AS c JOIN volunteer AS v ON v.subject = c.volunteer
 WHERE c.order_id = %(order_id)s AND (%(volunteer)s = '' OR c.volunteer = %(volunteer)s)
 ORDER BY c.claimed_at, c.id;

-- name: list_my_claims
-- One volunteer's live claims on some orders.
SELECT c.id, c.order_id, c.volunteer, c.claimed_at, c.state, v.nickname, c.checked_in_at, c.checked_out_at, c.note,
       c.photos, c.decision, c.minutes_there, c.minutes, c.points
  FROM claim AS c JOIN volunteer AS v ON v.subject = c.volunteer
 WHERE c.volunteer = %(volunteer)s AND c.order_id = ANY (%(orders)s::text[]) AND c.state <> 'released';

-- name: overlapping
-- The order at which somebody is then.
SELECT o.number, o.id FROM claim AS c JOIN service_order AS o ON o.id = c.order_id
 WHERE c.volunteer = %(volunteer)s AND c.state IN ('taken', 'checked_in') AND c.during && tstzrange(%(begin)s, %(end)s)
 LIMIT 1;

-- name: count_no_shows
-- How often somebody did not come since a day.
SELECT count(*) AS times FROM claim WHERE volunteer = %(volunteer)s AND state = 'no_show' AND claimed_at >= %(since)s;

-- name: lock_day
-- One crediting of a volunteer at a time, so that the day's cap is counted right.
SELECT pg_advisory_xact_lock(7401022, hashtext(%(volunteer)s));

-- name: given_that_day
-- Minutes already counted for a volunteer on a day, without one claim.
SELECT coalesce(sum(minutes), 0)::int AS given FROM claim
 WHERE volunteer = %(volunteer)s AND served_on = %(day)s AND state = 'credited' AND id <> %(but)s;

-- name: list_unrated
-- Settled orders nobody rated in time.
SELECT id FROM service_order WHERE state = 'settled' AND settled_at <= %(until)s ORDER BY settled_at LIMIT %(size)s;

-- name: list_served
-- The newest credited services, as they are needed to try other rules.
SELECT c.volunteer, o.category, c.minutes_there, c.given_that_day, o.rating, c.points
  FROM claim AS c JOIN service_order AS o ON o.id = c.order_id
 WHERE c.state = 'credited' AND o.rating > 0
 ORDER BY o.credited_at DESC, c.id
 LIMIT %(size)s;

-- name: save_pair
-- A pair as it is now.
INSERT INTO pair (id, beneficiary, need, area_path, volunteers, contact_at)
VALUES (%(id)s, %(beneficiary)s, %(need)s, %(area_path)s::ltree, %(volunteers)s, %(contact_at)s)
ON CONFLICT (id) DO UPDATE
   SET beneficiary = excluded.beneficiary, need = excluded.need, area_path = excluded.area_path,
       volunteers = excluded.volunteers;

-- name: list_pairs
-- Longest without contact first, within the caller's areas or those somebody looks after.
SELECT id, beneficiary, need, area_path::text, volunteers, contact_at, contact_note
  FROM pair AS p
 WHERE (%(id)s::uuid IS NULL OR p.id = %(id)s::uuid)
   AND (%(volunteer)s = '' OR %(volunteer)s = ANY (p.volunteers))
   AND (%(scope_areas)s::ltree[] IS NULL
        OR EXISTS (SELECT 1 FROM unnest(%(scope_areas)s::ltree[]) AS g(area) WHERE p.area_path <@ g.area))
   AND (%(area)s = '' OR p.area_path <@ %(area)s::ltree)
   AND (%(contact_before)s::timestamptz IS NULL OR p.contact_at < %(contact_before)s::timestamptz)
 ORDER BY p.contact_at, p.id
 LIMIT %(size)s;

-- name: record_contact
-- There was contact.
UPDATE pair SET contact_at = %(at)s, contact_note = %(note)s, alerted_at = NULL WHERE id = %(id)s;

-- name: take_overdue
-- Pairs without contact for too long of which nobody was told yet.
UPDATE pair SET alerted_at = %(now)s WHERE contact_at < %(until)s AND alerted_at IS NULL
RETURNING id, beneficiary, need, area_path::text, volunteers, contact_at, contact_note;

-- name: list_untold
-- Those who fit an order that has places left and reaches them by now, and were not told of it: by their own account,
-- or as holders of such a post. The nearest first.
SELECT o.id AS order_id, w.subject
  FROM service_order AS o
  JOIN ledger.account AS a ON a.owner = 'seats:' || o.id AND a.unit = 'seats:' || o.id AND a.kind = 'open' AND a.balance > 0
 CROSS JOIN LATERAL (
       SELECT v.subject, v.grid_code, v.area_path, v.estate FROM volunteer AS v WHERE v.skills @> ARRAY[o.category]
        UNION
       SELECT v.subject, v.grid_code, v.area_path, v.estate
         FROM post AS p JOIN post_claim AS c ON c.post_id = p.id AND c.released_at IS NULL
         JOIN volunteer AS v ON v.subject = c.subject
        WHERE p.category = o.category) AS w
 CROSS JOIN LATERAL (SELECT CASE WHEN w.grid_code <> '' AND w.grid_code = o.grid_code THEN 0
                                 WHEN NOT o.area_path <@ w.area_path THEN 3
                                 WHEN w.estate <> '' AND w.estate = o.estate THEN 1
                                 ELSE 2 END AS ring) AS r
 WHERE o.state IN ('published', 'serving') AND o.published_at <= %(now)s AND w.subject <> o.owner
   AND r.ring * %(ring_minutes)s * interval '1 minute' <= %(now)s - o.published_at
   AND NOT EXISTS (SELECT 1 FROM need_told AS t WHERE t.order_id = o.id AND t.volunteer = w.subject)
   AND NOT EXISTS (SELECT 1 FROM claim AS c WHERE c.order_id = o.id AND c.volunteer = w.subject)
 ORDER BY o.published_at, o.id, r.ring, w.subject
 LIMIT %(size)s;

-- name: list_unasked
-- Orders with places left that reach their community by now, and for which no organisation was looked for yet.
SELECT o.id, o.category, o.area_path::text, o.owner
  FROM service_order AS o
  JOIN ledger.account AS a ON a.owner = 'seats:' || o.id AND a.unit = 'seats:' || o.id AND a.kind = 'open' AND a.balance > 0
 WHERE o.state IN ('published', 'serving')
   AND 2 * %(ring_minutes)s * interval '1 minute' <= %(now)s - o.published_at
   AND NOT EXISTS (SELECT 1 FROM organisations_asked AS t WHERE t.order_id = o.id)
 ORDER BY o.published_at, o.id
 LIMIT %(size)s;

-- name: note_asked
-- Organisations were looked for.
INSERT INTO organisations_asked (order_id, asked_at) VALUES (%(order_id)s, %(at)s) ON CONFLICT DO NOTHING;

-- name: list_told
-- Those of some who were told of an order.
SELECT volunteer AS subject FROM need_told WHERE order_id = %(order_id)s AND volunteer = ANY (%(subjects)s::text[]);

-- name: note_told
-- They were told.
INSERT INTO need_told (order_id, volunteer, told_at)
SELECT %(order_id)s, subject, %(at)s FROM unnest(%(subjects)s::text[]) AS subject
ON CONFLICT DO NOTHING;
