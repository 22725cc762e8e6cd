-- name: beat
-- This replica is alive.
INSERT INTO patrol_member (id, beat_at) VALUES (%(id)s, clock_timestamp())
ON CONFLICT (id) DO UPDATE SET beat_at = excluded.beat_at;

-- name: count_members
-- Replicas alive; those silent for long are forgotten by the by.
WITH gone AS (DELETE FROM patrol_member WHERE beat_at < clock_timestamp() - interval '1 hour')
SELECT count(*) AS alive FROM patrol_member
 WHERE beat_at > clock_timestamp() - make_interval(secs => %(life_s)s);

-- name: renew_shards
-- Keep what is ours, as long as nobody took it.
UPDATE patrol_shard SET owned_till = clock_timestamp() + make_interval(secs => %(life_s)s)
 WHERE owner = %(owner)s AND owned_till > clock_timestamp()
RETURNING shard, fence;

-- name: take_shards
-- Take over what nobody holds, up to a number; two who ask at once get different ones.
UPDATE patrol_shard AS s
   SET owner = %(owner)s, fence = s.fence + 1,
       owned_till = clock_timestamp() + make_interval(secs => %(life_s)s)
 WHERE s.shard IN (
       SELECT f.shard FROM patrol_shard AS f
        WHERE f.owned_till <= clock_timestamp()
        ORDER BY f.shard
        LIMIT %(count)s
        FOR UPDATE SKIP LOCKED)
RETURNING s.shard, s.fence;

-- name: release_shards
-- Give some back, so that another replica can take them at once.
UPDATE patrol_shard SET owned_till = '-infinity' WHERE owner = %(owner)s AND shard = ANY (%(shards)s);

-- name: leave
-- This replica ends.
DELETE FROM patrol_member WHERE id = %(id)s;

-- name: lock_shards
-- Of these shards with their fences, those still ours; they stay so until the end of the transaction.
SELECT s.shard FROM patrol_shard AS s
  JOIN unnest(%(shards)s::smallint[], %(fences)s::bigint[]) AS mine(shard, fence)
    ON s.shard = mine.shard AND s.fence = mine.fence
 WHERE s.owner = %(owner)s
   FOR SHARE OF s;

-- name: list_watches
-- What is known of the views of these cameras.
SELECT w.camera_id, w.preset, w.known, w.usual_day, w.usual_night, w.failures, w.problem, w.tried_at, w.seen_at,
       w.resting_until
  FROM watch AS w
 WHERE w.camera_id = ANY (%(camera_ids)s);

-- name: list_watched_keys
-- Views of which something is known.
SELECT w.camera_id, w.preset FROM watch AS w WHERE w.camera_id = ANY (%(camera_ids)s);

-- name: upsert_watch
-- What is known of a view after a visit; pictures of its usual look only when they are sent along.
INSERT INTO watch AS w (camera_id, preset, known, usual_day, usual_night, failures, problem, tried_at, seen_at,
                        resting_until)
VALUES (%(camera_id)s, %(preset)s, %(known)s, %(usual_day)s, %(usual_night)s, %(failures)s, %(problem)s, %(tried_at)s,
        %(seen_at)s, %(resting_until)s)
ON CONFLICT (camera_id, preset) DO UPDATE
   SET known = excluded.known, usual_day = coalesce(excluded.usual_day, w.usual_day),
       usual_night = coalesce(excluded.usual_night, w.usual_night), failures = excluded.failures,
       problem = excluded.problem, tried_at = excluded.tried_at, seen_at = excluded.seen_at,
       resting_until = excluded.resting_until;

-- name: forget_watch
-- The usual look is learned anew.
DELETE FROM watch WHERE camera_id = %(camera_id)s;

-- name: insert_visit
-- One visit.
INSERT INTO visit (camera_id, preset, at, route_id, problem, late_s, took_s, measures)
VALUES (%(camera_id)s, %(preset)s, %(at)s, %(route_id)s, %(problem)s, %(late_s)s, %(took_s)s, %(measures)s);

-- name: delete_old_visits
-- Visits are kept for days; their sum is in stop_day.
DELETE FROM visit WHERE at < %(before)s;

-- name: mark_cameras
-- When each camera was seen last and what its connection is said to have; told with the list of cameras.
UPDATE camera AS c
   SET seen_at = coalesce(greatest(c.seen_at, m.seen_at), c.seen_at), fault = m.fault
  FROM unnest(%(ids)s::text[], %(seen)s::timestamptz[], %(faults)s::text[]) AS m(id, seen_at, fault)
 WHERE c.id = m.id
   AND (c.fault <> m.fault OR c.seen_at IS NULL OR c.seen_at < m.seen_at - interval '20 seconds');

-- name: list_zones
-- Zones of these cameras.
SELECT z.camera_id, z.preset, z.id, z.name, z.kind, z.corners, z.crowd_min
  FROM zone AS z
 WHERE z.camera_id = ANY (%(camera_ids)s)
 ORDER BY z.camera_id, z.preset, z.id;

-- name: list_fixtures
-- Spots of these cameras that are left alone.
SELECT f.camera_id, f.preset, f.sides FROM fixture AS f WHERE f.camera_id = ANY (%(camera_ids)s) ORDER BY f.said_at;

-- name: list_ground_points
-- Points of these cameras' pictures whose place is known.
SELECT p.camera_id, p.preset, p.x, p.y, p.longitude_deg, p.latitude_deg
  FROM ground_point AS p
 WHERE p.camera_id = ANY (%(camera_ids)s)
 ORDER BY p.camera_id, p.preset, p.x, p.y;

-- name: list_trusted
-- Classes that are filed without waiting, by camera.
SELECT t.camera_id, t.class_code FROM trusted_class AS t WHERE t.camera_id = ANY (%(camera_ids)s);

-- name: delete_zones
-- Before they are written anew.
DELETE FROM zone WHERE camera_id = %(camera_id)s AND preset = %(preset)s;

-- name: insert_zone
-- One zone.
INSERT INTO zone (camera_id, preset, id, name, kind, corners, crowd_min)
VALUES (%(camera_id)s, %(preset)s, %(id)s, %(name)s, %(kind)s, %(corners)s, %(crowd_min)s);

-- name: delete_ground_points
-- Before they are written anew.
DELETE FROM ground_point WHERE camera_id = %(camera_id)s AND preset = %(preset)s;

-- name: insert_ground_point
-- One point.
INSERT INTO ground_point (camera_id, preset, x, y, longitude_deg, latitude_deg)
VALUES (%(camera_id)s, %(preset)s, %(x)s, %(y)s, %(longitude_deg)s, %(latitude_deg)s);

-- name: insert_fixture
-- A spot to leave alone.
INSERT INTO fixture (camera_id, preset, sides, finding_id, said_by, said_at)
VALUES (%(camera_id)s, %(preset)s, %(sides)s, %(finding_id)s, %(said_by)s, %(said_at)s)
ON CONFLICT DO NOTHING;

-- name: insert_trust
-- A class is filed without waiting.
INSERT INTO trusted_class (camera_id, class_code, said_by, said_at)
VALUES (%(camera_id)s, %(class_code)s, %(said_by)s, %(said_at)s)
ON CONFLICT DO NOTHING;

-- name: delete_trust
-- It waits for a person again.
DELETE FROM trusted_class WHERE camera_id = %(camera_id)s AND class_code = %(class_code)s;

-- name: insert_fault
-- A fault begins; one that stands already stays.
INSERT INTO fault (id, camera_id, fault, host, measured, begun_at, evidence_id)
VALUES (%(id)s, %(camera_id)s, %(fault)s, %(host)s, %(measured)s, %(begun_at)s, %(evidence_id)s)
ON CONFLICT (camera_id, fault) WHERE ended_at IS NULL DO NOTHING
RETURNING id;

-- name: end_fault
-- A fault is over.
UPDATE fault SET ended_at = %(at)s WHERE camera_id = %(camera_id)s AND fault = %(fault)s AND ended_at IS NULL
RETURNING id, begun_at;

-- name: list_standing_faults
-- What is wrong now with these cameras.
SELECT f.camera_id, f.fault, f.begun_at, f.ended_at, f.measured, f.case_id, f.case_number, f.evidence_id
  FROM fault AS f
 WHERE f.camera_id = ANY (%(camera_ids)s) AND f.ended_at IS NULL
 ORDER BY f.camera_id, f.begun_at;

-- name: list_fault_history
-- What was wrong with a camera, newest first.
SELECT f.camera_id, f.fault, f.begun_at, f.ended_at, f.measured, f.case_id, f.case_number, f.evidence_id
  FROM fault AS f
 WHERE f.camera_id = %(camera_id)s
 ORDER BY f.begun_at DESC
 LIMIT 200;

-- name: list_health
-- Cameras within the caller's areas with what is known of their first view; with faults only where that is asked for.
SELECT c.id, c.name, c.owner_department, c.road_segment, w.known, w.failures, w.problem, w.tried_at, w.seen_at,
       w.resting_until
  FROM camera AS c
  LEFT JOIN LATERAL (
       SELECT v.known, v.failures, v.problem, v.tried_at, v.seen_at, v.resting_until
         FROM watch AS v WHERE v.camera_id = c.id ORDER BY v.preset LIMIT 1) AS w ON true
 WHERE EXISTS (
       SELECT 1 FROM unnest(%(scope_areas)s::text[]::ltree[], %(scope_departments)s::text[]) AS g(area, department)
        WHERE c.area_path <@ g.area AND (g.department = '' OR g.department = c.owner_department))
   AND (%(area_code)s::text = '' OR %(area_code)s = ANY (string_to_array(c.area_path::text, '.')))
   AND (NOT %(faulty_only)s OR EXISTS (
       SELECT 1 FROM fault AS f
        WHERE f.camera_id = c.id AND f.ended_at IS NULL
          AND (cardinality(%(faults)s::text[]) = 0 OR f.fault = ANY (%(faults)s))))
   AND c.id > %(after)s
 ORDER BY c.id
 LIMIT %(size)s;
