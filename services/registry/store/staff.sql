-- name: read_departments
SELECT code, name, name_en, plugin, version
  FROM department
 ORDER BY code;

-- name: read_owner_units
SELECT code, name, name_en, department_code
  FROM owner_unit
 ORDER BY code;

-- name: save_department
INSERT INTO department (code, name, name_en, plugin, version)
VALUES (%(code)s, %(name)s, %(name_en)s, %(plugin)s, nextval('change_version'))
    ON CONFLICT (code) DO UPDATE
   SET name = excluded.name, name_en = excluded.name_en, plugin = excluded.plugin, version = excluded.version;

-- name: save_owner_unit
INSERT INTO owner_unit (code, name, name_en, department_code)
VALUES (%(code)s, %(name)s, %(name_en)s, %(department_code)s)
    ON CONFLICT (code) DO UPDATE
   SET name = excluded.name, name_en = excluded.name_en, department_code = excluded.department_code;

-- name: read_posts
-- Some posts by code, with shifts not yet over at a moment.
SELECT post.code, post.role, post.area_code, coalesce(post.department_code, '') AS department_code, post.staff_code,
       post.title, post.title_en, post.duty_phone, post.version, area.path::text AS area_path,
       (SELECT coalesce(jsonb_agg(jsonb_build_object('staff_code', shift.staff_code, 'starts_at', shift.starts_at,
                                                     'ends_at', shift.ends_at) ORDER BY shift.starts_at), '[]')
          FROM shift
         WHERE shift.post_code = post.code AND shift.ends_at > %(now)s) AS shifts
  FROM post
  JOIN area ON area.code = post.area_code
 WHERE post.code = ANY(%(codes)s);

-- name: list_posts
-- Posts at an area or below, as far as the caller may see: one page after the last code seen.
SELECT post.code, post.role, post.area_code, coalesce(post.department_code, '') AS department_code, post.staff_code,
       post.title, post.title_en, post.duty_phone, post.version, area.path::text AS area_path,
       (SELECT coalesce(jsonb_agg(jsonb_build_object('staff_code', shift.staff_code, 'starts_at', shift.starts_at,
                                                     'ends_at', shift.ends_at) ORDER BY shift.starts_at), '[]')
          FROM shift
         WHERE shift.post_code = post.code AND shift.ends_at > %(now)s) AS shifts
  FROM post
  JOIN area ON area.code = post.area_code
 WHERE post.code > %(after_code)s
   AND (%(role)s = '' OR post.role = %(role)s)
   AND (%(under_code)s = '' OR area.path <@ (SELECT above.path FROM area AS above WHERE above.code = %(under_code)s))
   AND EXISTS (SELECT 1
                 FROM unnest(%(scope_areas)s::ltree[], %(scope_departments)s::text[]) AS held(area_path, department)
                WHERE area.path <@ held.area_path
                  AND (held.department = '' OR held.department = coalesce(post.department_code, '')))
 ORDER BY post.code
 LIMIT %(size)s;

-- name: read_posts_after
-- Posts that changed after a version, oldest change first.
SELECT post.code, post.role, post.area_code, coalesce(post.department_code, '') AS department_code, post.staff_code,
       post.title, post.title_en, post.duty_phone, post.version, area.path::text AS area_path,
       (SELECT coalesce(jsonb_agg(jsonb_build_object('staff_code', shift.staff_code, 'starts_at', shift.starts_at,
                                                     'ends_at', shift.ends_at) ORDER BY shift.starts_at), '[]')
          FROM shift
         WHERE shift.post_code = post.code AND shift.ends_at > %(now)s) AS shifts
  FROM post
  JOIN area ON area.code = post.area_code
 WHERE post.version > %(after_version)s
 ORDER BY post.version
 LIMIT %(size)s;

-- name: read_posts_upwards
-- Posts of a role on an area and on each area above it, the nearest first.
SELECT post.code, post.role, post.area_code, coalesce(post.department_code, '') AS department_code, post.staff_code,
       post.title, post.title_en, post.duty_phone, post.version, area.path::text AS area_path,
       (SELECT coalesce(jsonb_agg(jsonb_build_object('staff_code', shift.staff_code, 'starts_at', shift.starts_at,
                                                     'ends_at', shift.ends_at) ORDER BY shift.starts_at), '[]')
          FROM shift
         WHERE shift.post_code = post.code AND shift.ends_at > %(now)s) AS shifts
  FROM post
  JOIN area ON area.code = post.area_code
 WHERE area.path @> %(area_path)s::ltree
   AND NOT area.retired
   AND post.role = %(role)s
   AND (%(department_code)s = '' OR post.department_code = %(department_code)s)
 ORDER BY nlevel(area.path) DESC, post.code;

-- name: save_post
INSERT INTO post (code, role, area_code, department_code, staff_code, title, title_en, duty_phone, version)
VALUES (%(code)s, %(role)s, %(area_code)s, nullif(%(department_code)s, ''), %(staff_code)s, %(title)s, %(title_en)s,
        %(duty_phone)s, nextval('change_version'))
    ON CONFLICT (code) DO UPDATE
   SET role = excluded.role, area_code = excluded.area_code, department_code = excluded.department_code,
       staff_code = excluded.staff_code, title = excluded.title, title_en = excluded.title_en,
       duty_phone = excluded.duty_phone, version = excluded.version;

-- name: touch_post
-- The post itself is the same, but somebody stands in on it: consumers must hear of that.
UPDATE post
   SET version = nextval('change_version')
 WHERE code = %(code)s;

-- name: insert_shift
INSERT INTO shift (post_code, staff_code, starts_at, ends_at, set_by, set_at)
VALUES (%(post_code)s, %(staff_code)s, %(starts_at)s, %(ends_at)s, %(set_by)s, %(now)s);

-- name: read_filled_roles
-- Each role that has a post at an area, and whether anybody stands on one of them.
SELECT post.role,
       bool_or(post.staff_code <> '' OR EXISTS (SELECT 1
                                                  FROM shift
                                                 WHERE shift.post_code = post.code
                                                   AND shift.starts_at <= %(now)s AND shift.ends_at > %(now)s)) AS filled
  FROM post
 WHERE post.area_code = %(area_code)s
 GROUP BY post.role;

-- name: read_grants
-- What follows from the posts a person holds or stands in on at a moment.
SELECT post.role, area.path::text AS area_path, coalesce(post.department_code, '') AS department_code,
       post.code AS post_code
  FROM post
  JOIN area ON area.code = post.area_code
 WHERE NOT area.retired
   AND post.code IN (SELECT held.code FROM post AS held WHERE held.staff_code = %(staff_code)s
                     UNION
                     SELECT shift.post_code
                       FROM shift
                      WHERE shift.staff_code = %(staff_code)s
                        AND shift.starts_at <= %(now)s AND shift.ends_at > %(now)s)
 ORDER BY post.code;

-- name: find_team_template
-- The template of a kind, or else of the kind that stands in for it.
SELECT kind, pattern, roles
  FROM team_template
 WHERE kind IN (%(kind)s, %(otherwise)s)
 ORDER BY kind <> %(kind)s
 LIMIT 1;

-- name: read_team_templates
SELECT kind, pattern, roles
  FROM team_template
 ORDER BY kind;

-- name: save_team_template
INSERT INTO team_template (kind, pattern, roles)
VALUES (%(kind)s, %(pattern)s, %(roles)s)
    ON CONFLICT (kind) DO UPDATE
   SET pattern = excluded.pattern, roles = excluded.roles;
