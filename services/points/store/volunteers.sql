-- name: read_volunteers
-- Some volunteers by subject.
SELECT subject, coalesce(nullif(masked_name, ''), left(name, 1) || '*') AS name, nickname, name_public, community_code,
       area_path::text, grid_code, estate, skills, unit, joined_at, name_index
  FROM volunteer WHERE subject = ANY (%(subjects)s::text[]);

-- name: save_volunteer
-- Somebody joins, or says something else than before.
INSERT INTO volunteer (subject, masked_name, sealed_name, name_index, nickname, name_public, community_code, area_path,
                       grid_code, estate, skills, unit, joined_at)
VALUES (%(subject)s, %(masked_name)s, %(sealed_name)s, %(name_index)s, %(nickname)s, %(name_public)s, %(community_code)s,
        %(area_path)s::ltree, %(grid_code)s, %(estate)s, %(skills)s, %(unit)s, %(joined_at)s)
ON CONFLICT (subject) DO UPDATE
   SET name = '', masked_name = excluded.masked_name, sealed_name = excluded.sealed_name,
       name_index = excluded.name_index, nickname = excluded.nickname, name_public = excluded.name_public,
       community_code = excluded.community_code, area_path = excluded.area_path, grid_code = excluded.grid_code,
       estate = excluded.estate, skills = excluded.skills, unit = excluded.unit;

-- name: read_sealed_name
-- A name as it is kept.
SELECT sealed_name FROM volunteer WHERE subject = %(subject)s;

-- name: list_volunteers
-- By name as it is shown, within the caller's areas.
SELECT subject, coalesce(nullif(masked_name, ''), left(name, 1) || '*') AS name, nickname, name_public, community_code,
       area_path::text, grid_code, estate, skills, unit, joined_at, name_index
  FROM volunteer AS v
 WHERE EXISTS (SELECT 1 FROM unnest(%(scope_areas)s::ltree[]) AS g(area) WHERE v.area_path <@ g.area)
   AND (%(area)s = '' OR v.area_path <@ %(area)s::ltree)
   AND (%(skill)s = '' OR %(skill)s = ANY (v.skills))
   AND (%(text)s = '' OR position(%(text)s IN v.nickname) > 0
        OR v.name_index = ANY (%(name_indexes)s::bytea[]))
   AND (v.masked_name, v.subject) > (%(after_name)s, %(after_subject)s)
 ORDER BY v.masked_name, v.subject
 LIMIT %(size)s;

-- name: save_team
-- A team as it is now; whether it is out on a call is not touched.
INSERT INTO team (code, name, kind, area_path, unit, saved_at)
VALUES (%(code)s, %(name)s, %(kind)s, %(area_path)s::ltree, %(unit)s, %(saved_at)s)
ON CONFLICT (code) DO UPDATE
   SET name = excluded.name, kind = excluded.kind, area_path = excluded.area_path, unit = excluded.unit,
       saved_at = excluded.saved_at;

-- name: clear_team
-- Its members are entered anew.
DELETE FROM team_member WHERE team = %(code)s;

-- name: insert_members
-- Who is in it.
INSERT INTO team_member (team, subject, role)
SELECT %(code)s, m.subject, m.role FROM unnest(%(subjects)s::text[], %(roles)s::text[]) AS m(subject, role);

-- name: list_teams
-- By code, within the caller's areas, with members.
SELECT t.code, t.name, t.kind, t.area_path::text, t.unit, t.dispatch_id,
       coalesce(array_agg(m.subject ORDER BY m.role, m.subject) FILTER (WHERE m.subject IS NOT NULL), '{}') AS subjects,
       coalesce(array_agg(m.role ORDER BY m.role, m.subject) FILTER (WHERE m.subject IS NOT NULL), '{}') AS roles
  FROM team AS t
  LEFT JOIN team_member AS m ON m.team = t.code
 WHERE EXISTS (SELECT 1 FROM unnest(%(scope_areas)s::ltree[]) AS g(area) WHERE t.area_path <@ g.area)
   AND (%(area)s = '' OR t.area_path <@ %(area)s::ltree)
   AND (%(kind)s = '' OR t.kind = %(kind)s)
   AND (NOT %(vacant_only)s OR t.kind = 'building'
        AND (SELECT count(*) FROM team_member AS x WHERE x.team = t.code) < 3)
   AND t.code > %(after)s
 GROUP BY t.code
 ORDER BY t.code
 LIMIT %(size)s;

-- name: count_teams
-- How many teams, different people and building teams with a vacancy there are.
SELECT count(*) AS total, count(*) FILTER (WHERE t.kind = 'building' AND t.members < 3) AS vacant,
       (SELECT count(DISTINCT m.subject) FROM team_member AS m JOIN team AS x ON x.code = m.team
         WHERE EXISTS (SELECT 1 FROM unnest(%(scope_areas)s::ltree[]) AS g(area) WHERE x.area_path <@ g.area)
           AND (%(area)s = '' OR x.area_path <@ %(area)s::ltree) AND (%(kind)s = '' OR x.kind = %(kind)s)) AS people
  FROM (SELECT x.kind, (SELECT count(*) FROM team_member AS m WHERE m.team = x.code) AS members
          FROM team AS x
         WHERE EXISTS (SELECT 1 FROM unnest(%(scope_areas)s::ltree[]) AS g(area) WHERE x.area_path <@ g.area)
           AND (%(area)s = '' OR x.area_path <@ %(area)s::ltree) AND (%(kind)s = '' OR x.kind = %(kind)s)) AS t;

-- name: teams_of
-- Teams somebody is in.
SELECT t.code, t.name, t.kind, t.area_path::text, t.unit, t.dispatch_id,
       array_agg(m.subject ORDER BY m.role, m.subject) AS subjects, array_agg(m.role ORDER BY m.role, m.subject) AS roles
  FROM team_member AS mine
  JOIN team AS t ON t.code = mine.team
  JOIN team_member AS m ON m.team = t.code
 WHERE mine.subject = %(subject)s
 GROUP BY t.code
 ORDER BY t.code;

-- name: lock_force
-- One call at a time is put together, so that no two draw the same team.
SELECT pg_advisory_xact_lock(7401020);

-- name: list_force
-- Every team of the force with its members.
SELECT t.code, t.name, t.kind, t.area_path::text, t.unit, t.dispatch_id,
       array_agg(m.subject ORDER BY m.role, m.subject) AS subjects, array_agg(m.role ORDER BY m.role, m.subject) AS roles
  FROM team AS t
  JOIN team_member AS m ON m.team = t.code
 WHERE t.kind = 'emergency'
 GROUP BY t.code
 ORDER BY t.code;

-- name: list_called
-- Who is out now.
SELECT subject FROM called;

-- name: insert_dispatch
-- A call; nothing for one that is there already.
INSERT INTO dispatch (id, area_path, purpose, called_by, called_at)
VALUES (%(id)s, %(area_path)s::ltree, %(purpose)s, %(called_by)s, %(at)s)
ON CONFLICT DO NOTHING
RETURNING id;

-- name: send_teams
-- The teams are out from now on.
UPDATE team SET dispatch_id = %(id)s WHERE code = ANY (%(codes)s::text[]) AND dispatch_id IS NULL;

-- name: insert_called
-- Their people are out.
INSERT INTO called (subject, team, dispatch_id)
SELECT m.subject, m.team, %(id)s FROM team_member AS m WHERE m.team = ANY (%(codes)s::text[]);

-- name: list_dispatched
-- Teams out on a call.
SELECT t.code, t.name, t.kind, t.area_path::text, t.unit, t.dispatch_id,
       array_agg(m.subject ORDER BY m.role, m.subject) AS subjects, array_agg(m.role ORDER BY m.role, m.subject) AS roles
  FROM team AS t
  JOIN team_member AS m ON m.team = t.code
 WHERE t.dispatch_id = %(id)s
 GROUP BY t.code
 ORDER BY t.code;

-- name: count_free_teams
-- Teams nobody of whom is out.
SELECT count(*) AS free FROM team AS t
 WHERE t.kind = 'emergency' AND t.dispatch_id IS NULL
   AND NOT EXISTS (SELECT 1 FROM team_member AS m JOIN called AS c ON c.subject = m.subject WHERE m.team = t.code);

-- name: end_dispatch
-- A call ends once.
UPDATE dispatch SET released_at = %(at)s WHERE id = %(id)s AND released_at IS NULL RETURNING id;

-- name: delete_called
-- Its people are home.
DELETE FROM called WHERE dispatch_id = %(id)s;

-- name: return_teams
-- Its teams are free.
UPDATE team SET dispatch_id = NULL WHERE dispatch_id = %(id)s;

-- name: save_community
-- A community's type.
INSERT INTO community (code, area_path, type) VALUES (%(code)s, %(area_path)s::ltree, %(type)s)
ON CONFLICT (code) DO UPDATE SET type = excluded.type, area_path = excluded.area_path;

-- name: read_community
-- A community's type.
SELECT type FROM community WHERE code = %(code)s;

-- name: lock_post
-- One change of a post at a time.
SELECT id, category, title, community_code, area_path::text, quota FROM post WHERE id = %(id)s FOR UPDATE;

-- name: save_post
-- A post as it is offered now.
INSERT INTO post (id, category, title, community_code, area_path, quota, saved_at)
VALUES (%(id)s, %(category)s, %(title)s, %(community_code)s, %(area_path)s::ltree, %(quota)s, %(saved_at)s)
ON CONFLICT (id) DO UPDATE
   SET category = excluded.category, title = excluded.title, community_code = excluded.community_code,
       area_path = excluded.area_path, quota = excluded.quota, saved_at = excluded.saved_at;

-- name: list_posts
-- Posts of a community, or those somebody holds, or some by id, with the places left.
SELECT p.id, p.category, p.title, p.community_code, p.area_path::text, p.quota, coalesce(a.balance, 0) AS left_over,
       EXISTS (SELECT 1 FROM post_claim AS c WHERE c.post_id = p.id AND c.subject = %(subject)s AND c.released_at IS NULL) AS mine
  FROM post AS p
  LEFT JOIN ledger.account AS a ON a.owner = 'post:' || p.id AND a.unit = 'post:' || p.id AND a.kind = 'open'
 WHERE (%(community)s = '' OR p.community_code = %(community)s)
   AND (%(ids)s::uuid[] IS NULL OR p.id = ANY (%(ids)s::uuid[]))
   AND (NOT %(held)s OR EXISTS (SELECT 1 FROM post_claim AS c
                                 WHERE c.post_id = p.id AND c.subject = %(subject)s AND c.released_at IS NULL))
 ORDER BY p.id;

-- name: insert_post_claims
-- Claims on posts that are there, by volunteers who are there, and not held already.
INSERT INTO post_claim (id, post_id, subject, claimed_at)
SELECT n.id, n.post_id, n.subject, %(at)s
  FROM unnest(%(ids)s::uuid[], %(posts)s::uuid[], %(subjects)s::text[]) AS n(id, post_id, subject)
  JOIN post AS p ON p.id = n.post_id
  JOIN volunteer AS v ON v.subject = n.subject
ON CONFLICT (post_id, subject) WHERE released_at IS NULL DO NOTHING
RETURNING id;

-- name: delete_post_claims
-- Claims for which there was no place.
DELETE FROM post_claim WHERE id = ANY (%(ids)s::uuid[]);

-- name: release_post_claim
-- A place is given back, once.
UPDATE post_claim SET released_at = %(at)s
 WHERE post_id = %(post_id)s AND subject = %(subject)s AND released_at IS NULL
RETURNING id, claimed_at;

-- name: report_posts
-- Claims that hold now, by kind, within the caller's areas.
SELECT p.category, count(*) AS claims FROM post_claim AS c JOIN post AS p ON p.id = c.post_id
 WHERE c.released_at IS NULL
   AND EXISTS (SELECT 1 FROM unnest(%(scope_areas)s::ltree[]) AS g(area) WHERE p.area_path <@ g.area)
   AND (%(area)s = '' OR p.area_path <@ %(area)s::ltree)
 GROUP BY p.category;

-- name: count_claimants
-- Different people who hold a post there.
SELECT count(DISTINCT c.subject) AS claimants FROM post_claim AS c JOIN post AS p ON p.id = c.post_id
 WHERE c.released_at IS NULL
   AND EXISTS (SELECT 1 FROM unnest(%(scope_areas)s::ltree[]) AS g(area) WHERE p.area_path <@ g.area)
   AND (%(area)s = '' OR p.area_path <@ %(area)s::ltree);

-- name: list_claims_on_posts
-- Claims that hold now, newest first, within the caller's areas.
SELECT c.id, c.post_id, p.title, p.category, p.community_code, c.subject, v.nickname, c.claimed_at
  FROM post_claim AS c
  JOIN post AS p ON p.id = c.post_id
  JOIN volunteer AS v ON v.subject = c.subject
 WHERE c.released_at IS NULL
   AND EXISTS (SELECT 1 FROM unnest(%(scope_areas)s::ltree[]) AS g(area) WHERE p.area_path <@ g.area)
   AND (%(area)s = '' OR p.area_path <@ %(area)s::ltree)
   AND (%(category)s = '' OR p.category = %(category)s)
   AND (%(before_at)s::timestamptz IS NULL OR (c.claimed_at, c.id) < (%(before_at)s::timestamptz, %(before_id)s::uuid))
 ORDER BY c.claimed_at DESC, c.id DESC
 LIMIT %(size)s;

-- name: move_grid
-- A grid ended; whoever lives there lives in its heir.
UPDATE volunteer SET grid_code = %(heir)s WHERE grid_code = %(ended)s;

-- name: move_orders
-- Orders of a grid that ended belong to its heir.
UPDATE service_order SET grid_code = %(heir)s, area_path = %(path)s::ltree WHERE grid_code = %(ended)s;

-- name: move_community
-- A community ended; its volunteers belong to its heir.
UPDATE volunteer SET community_code = %(heir)s, area_path = %(path)s::ltree WHERE community_code = %(ended)s;

-- name: move_posts
-- Its posts, too.
UPDATE post SET community_code = %(heir)s, area_path = %(path)s::ltree WHERE community_code = %(ended)s;

-- name: move_teams
-- And its teams.
UPDATE team SET area_path = %(path)s::ltree WHERE subpath(area_path, -1) = %(ended)s::ltree;
