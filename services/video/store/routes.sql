-- name: find_route
-- One route, ended ones left out; locked, since whoever reads it here is about to change it.
SELECT r.id, r.version FROM route AS r WHERE r.id = %(id)s AND r.ended_at IS NULL FOR UPDATE;

-- name: upsert_route
-- A new route, or a route as it is from now on.
INSERT INTO route AS r (id, name, window_begins, window_ends, rounds_per_day, rounds_required, dwell_s, detect_always,
                        version, changed_by, changed_at)
VALUES (%(id)s, %(name)s, %(window_begins)s, %(window_ends)s, %(rounds_per_day)s, %(rounds_required)s, %(dwell_s)s,
        %(detect_always)s, 1, %(changed_by)s, %(changed_at)s)
ON CONFLICT (id) DO UPDATE
   SET name = excluded.name, window_begins = excluded.window_begins, window_ends = excluded.window_ends,
       rounds_per_day = excluded.rounds_per_day, rounds_required = excluded.rounds_required,
       dwell_s = excluded.dwell_s, detect_always = excluded.detect_always, version = r.version + 1,
       changed_by = excluded.changed_by, changed_at = excluded.changed_at, ended_at = NULL
RETURNING version;

-- name: delete_stops
-- Before its stops are written anew.
DELETE FROM route_stop WHERE route_id = %(route_id)s;

-- name: insert_stop
-- One stop in its place.
INSERT INTO route_stop (route_id, position, camera_id, preset)
VALUES (%(route_id)s, %(position)s, %(camera_id)s, %(preset)s);

-- name: end_route
-- No more tours of it.
UPDATE route SET ended_at = %(at)s, changed_by = %(by)s, version = version + 1
 WHERE id = %(id)s AND ended_at IS NULL
RETURNING id;

-- name: list_routes
-- All routes in force with their stops in order.
SELECT r.id, r.name, r.window_begins, r.window_ends, r.rounds_per_day, r.rounds_required, r.dwell_s, r.detect_always,
       r.version, s.camera_id, s.preset, c.name AS camera_name, c.road_segment
  FROM route AS r
  JOIN route_stop AS s ON s.route_id = r.id
  JOIN camera AS c ON c.id = s.camera_id
 WHERE r.ended_at IS NULL
 ORDER BY r.id, s.position;

-- name: list_stop_days
-- What one day's tours did, for cameras within the caller's areas.
SELECT d.route_id, d.camera_id, d.preset, d.rounds_met, d.last_round, d.visits, d.last_seen_at, d.missed
  FROM stop_day AS d
  JOIN camera AS c ON c.id = d.camera_id
 WHERE d.day = %(day)s
   AND EXISTS (
       SELECT 1 FROM unnest(%(scope_areas)s::text[]::ltree[], %(scope_departments)s::text[]) AS g(area, department)
        WHERE c.area_path <@ g.area AND (g.department = '' OR g.department = c.owner_department));

-- name: count_round_seen
-- Stops of each route that were seen in its round under way.
SELECT d.route_id, count(*) AS seen
  FROM stop_day AS d
  JOIN unnest(%(routes)s::text[], %(days)s::date[], %(rounds)s::integer[]) AS now(route_id, day, round)
    ON d.route_id = now.route_id AND d.day = now.day AND d.last_round >= now.round
 GROUP BY d.route_id;

-- name: upsert_stop_seen
-- A picture came in this round; the same round counts once.
INSERT INTO stop_day AS d (day, route_id, camera_id, preset, rounds_met, last_round, visits, last_seen_at)
VALUES (%(day)s, %(route_id)s, %(camera_id)s, %(preset)s, 1, %(round)s, 1, %(at)s)
ON CONFLICT (day, route_id, camera_id, preset) DO UPDATE
   SET rounds_met = d.rounds_met + (d.last_round < excluded.last_round)::int,
       last_round = greatest(d.last_round, excluded.last_round),
       visits = d.visits + 1, last_seen_at = greatest(d.last_seen_at, excluded.last_seen_at);

-- name: upsert_stop_missed
-- A round went by without a picture, and why.
INSERT INTO stop_day AS d (day, route_id, camera_id, preset, rounds_met, last_round, visits, missed)
VALUES (%(day)s, %(route_id)s, %(camera_id)s, %(preset)s, 0, 0, 0, jsonb_build_object(%(reason)s::text, %(count)s::int))
ON CONFLICT (day, route_id, camera_id, preset) DO UPDATE
   SET missed = d.missed || jsonb_build_object(%(reason)s::text, coalesce((d.missed ->> %(reason)s)::int, 0) + %(count)s::int);
