-- name: insert_patrol
INSERT INTO patrol (id, grid_code, walker, parties, began_at)
VALUES (%(id)s, %(grid_code)s, %(walker)s, %(parties)s, %(began_at)s);

-- name: find_running
SELECT id, grid_code, walker, parties, began_at, ended_at, seconds, distance_m
  FROM patrol
 WHERE walker = %(walker)s AND ended_at IS NULL
   FOR UPDATE;

-- name: find_patrol
SELECT id, grid_code, walker, parties, began_at, ended_at, seconds, distance_m
  FROM patrol
 WHERE id = %(id)s;

-- name: lock_patrol
SELECT id, grid_code, walker, parties, began_at, ended_at, seconds, distance_m
  FROM patrol
 WHERE id = %(id)s AND walker = %(walker)s
   FOR UPDATE;

-- name: save_patrol
UPDATE patrol
   SET ended_at = %(ended_at)s, seconds = %(seconds)s, distance_m = %(distance_m)s
 WHERE id = %(id)s;

-- name: list_patrols
SELECT id, grid_code, walker, parties, began_at, ended_at, seconds, distance_m
  FROM patrol
 WHERE grid_code = ANY(%(grids)s) AND began_at >= %(begin)s AND began_at < %(end)s
 ORDER BY began_at, id
 LIMIT %(size)s;

-- name: read_track
SELECT at, longitude_deg, latitude_deg, inside
  FROM track_point
 WHERE patrol_id = %(id)s
 ORDER BY at;

-- name: delete_track_points
DELETE FROM track_point
 WHERE patrol_id = %(id)s AND at = ANY(%(times)s);

-- name: insert_track_point
INSERT INTO track_point (patrol_id, at, longitude_deg, latitude_deg, inside)
VALUES (%(id)s, %(at)s, %(longitude_deg)s, %(latitude_deg)s, %(inside)s)
    ON CONFLICT (patrol_id, at) DO NOTHING;

-- name: delete_old_tracks
-- A slice of points older than the city keeps them; the patrol's minutes stay.
DELETE FROM track_point
 WHERE (patrol_id, at) IN (SELECT patrol_id, at FROM track_point WHERE at < %(before)s LIMIT %(size)s);

-- name: insert_visit
INSERT INTO visit (id, household_id, grid_code, occasion, met, note, visitor, visited_at)
VALUES (%(id)s, %(household_id)s, %(grid_code)s, %(occasion)s, %(met)s, %(note)s, %(visitor)s, %(visited_at)s);

-- name: list_visits
SELECT id, household_id, grid_code, occasion, met, note, visitor, visited_at
  FROM visit
 WHERE grid_code = ANY(%(grids)s)
   AND (%(household_id)s::uuid IS NULL OR household_id = %(household_id)s)
   AND (visited_at, id) < (%(before)s, %(before_id)s::uuid)
 ORDER BY visited_at DESC, id DESC
 LIMIT %(size)s;

-- name: list_coverage
-- Households of each building and those of them met in the month. A household stands in a dwelling of a building, or
-- in a building itself.
SELECT building.id AS building_id, coalesce(building.name, '') AS name, household.grid_code,
       count(*) AS households, count(seen.last_at) AS visited, max(seen.last_at) AS last_visit_at
  FROM element AS household
  LEFT JOIN element AS home ON home.id = household.within_id AND home.kind IN (3, 4)
  LEFT JOIN element AS building
         ON building.kind = 4 AND building.id = CASE home.kind WHEN 4 THEN home.id ELSE home.within_id END
  LEFT JOIN LATERAL (SELECT max(visited_at) AS last_at FROM visit
                      WHERE visit.household_id = household.id AND visit.met
                        AND visit.visited_at >= %(begin)s AND visit.visited_at < %(end)s) AS seen ON true
 WHERE household.kind = 2 AND NOT household.retired AND household.grid_code = ANY(%(grids)s)
 GROUP BY building.id, building.name, household.grid_code
 ORDER BY household.grid_code, name, building.id;

-- name: list_unvisited
SELECT household.id AS household_id, household.key, household.address, household.grid_code
  FROM element AS household
 WHERE household.kind = 2 AND NOT household.retired AND household.grid_code = ANY(%(grids)s)
   AND (household.grid_code, household.id) > (%(after_grid)s, %(after_id)s::uuid)
   AND NOT EXISTS (SELECT 1 FROM visit
                    WHERE visit.household_id = household.id AND visit.met
                      AND visit.visited_at >= %(begin)s AND visit.visited_at < %(end)s)
 ORDER BY household.grid_code, household.id
 LIMIT %(size)s;

-- name: insert_diary
INSERT INTO diary_entry (id, grid_code, text, mood, author, written_at)
VALUES (%(id)s, %(grid_code)s, %(text)s, %(mood)s, %(author)s, %(written_at)s);

-- name: list_diary
SELECT id, grid_code, text, mood, author, written_at
  FROM diary_entry
 WHERE grid_code = ANY(%(grids)s) AND (written_at, id) < (%(before)s, %(before_id)s::uuid)
 ORDER BY written_at DESC, id DESC
 LIMIT %(size)s;

-- name: insert_word
INSERT INTO daily_word (id, grid_code, day, trouble, text, said_by, said_at)
VALUES (%(id)s, %(grid_code)s, %(day)s, %(trouble)s, %(text)s, %(said_by)s, %(said_at)s);

-- name: list_words
SELECT grid_code, day, trouble, text, said_by, said_at
  FROM daily_word
 WHERE day = %(day)s AND grid_code = ANY(%(grids)s)
 ORDER BY grid_code, said_at, id;

-- name: find_text
SELECT reply, grid_code
  FROM received_text
 WHERE message_id = %(message_id)s;

-- name: claim_text
SELECT pg_advisory_xact_lock(hashtextextended(%(message_id)s, 11));

-- name: insert_text
INSERT INTO received_text (message_id, reply, grid_code, received_at)
VALUES (%(message_id)s, %(reply)s, %(grid_code)s, %(now)s);

-- name: list_team_posts
-- Posts of an area and those below it, or those of the areas above it, with who stands in now.
SELECT post.code, post.role, post.area_code, coalesce(post.department_code, '') AS department_code, post.staff_code,
       post.title, post.title_en, post.duty_phone, area.path::text AS area_path,
       coalesce((SELECT shift.staff_code FROM shift
                  WHERE shift.post_code = post.code AND shift.starts_at <= %(now)s AND shift.ends_at > %(now)s), '') AS stand_in
  FROM post
  JOIN area ON area.code = post.area_code
 WHERE NOT area.retired AND post.area_code = ANY(%(areas)s)
 ORDER BY nlevel(area.path) DESC, post.role, post.code;

-- name: list_templates
SELECT kind, roles
  FROM team_template;

-- name: insert_training
INSERT INTO training (id, title, day, minutes, recorded_by, recorded_at)
VALUES (%(id)s, %(title)s, %(day)s, %(minutes)s, %(by)s, %(now)s);

-- name: insert_trained
INSERT INTO trained (training_id, staff_code)
SELECT %(id)s, unnest(%(staff_codes)s::text[]);

-- name: list_trained
-- Holders of posts with their trainings in a year.
SELECT holder.staff_code, count(training.id) AS count, coalesce(sum(training.minutes), 0) AS minutes
  FROM unnest(%(staff_codes)s::text[]) AS holder (staff_code)
  LEFT JOIN trained ON trained.staff_code = holder.staff_code
  LEFT JOIN training ON training.id = trained.training_id AND training.day >= %(begin)s AND training.day < %(end)s
 GROUP BY holder.staff_code
 ORDER BY holder.staff_code;
