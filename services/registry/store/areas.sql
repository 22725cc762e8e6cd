-- name: read_standing_areas
-- The whole tree with outlines, for an import; retired ones too, since a code may come back.
SELECT code, name, name_en, level, kind, parent_code, path::text AS path, households, population, area_m2,
       longitude_deg, latitude_deg, outline, outline_given, adjacent_codes, retired, version, mode
  FROM area
 ORDER BY level, code;

-- name: read_map
-- Every area in force, with the outlines of grids alone: what is needed to locate a point.
SELECT code, name, name_en, level, kind, parent_code, path::text AS path, households, population, area_m2,
       longitude_deg, latitude_deg, CASE WHEN level = 5 THEN outline ELSE '' END AS outline, outline_given,
       adjacent_codes, retired, version, mode
  FROM area
 WHERE NOT retired
 ORDER BY level, code;

-- name: find_area
SELECT code, name, name_en, level, kind, parent_code, path::text AS path, households, population, area_m2,
       longitude_deg, latitude_deg, CASE WHEN %(with_outline)s THEN outline ELSE '' END AS outline, outline_given,
       adjacent_codes, retired, version, mode
  FROM area
 WHERE code = %(code)s;

-- name: list_areas
-- Areas in force below another, or all, or those that words name, by code: one page after the last code seen.
SELECT code, name, name_en, level, kind, parent_code, path::text AS path, households, population, area_m2,
       longitude_deg, latitude_deg, '' AS outline, outline_given, adjacent_codes, retired, version, mode
  FROM area
 WHERE NOT retired
   AND code > %(after_code)s
   AND (%(level)s = 0 OR level = %(level)s)
   AND (%(under_code)s = '' OR code <> %(under_code)s
        AND path <@ (SELECT above.path FROM area AS above WHERE above.code = %(under_code)s))
   AND NOT EXISTS (SELECT FROM unnest(%(words)s::text[]) AS w(word)
                    WHERE strpos(lower(concat_ws(' ', code, name, name_en)), w.word) = 0)
 ORDER BY code
 LIMIT %(size)s;

-- name: read_areas_after
-- Areas that changed after a version, oldest change first.
SELECT code, name, name_en, level, kind, parent_code, path::text AS path, households, population, area_m2,
       longitude_deg, latitude_deg, CASE WHEN %(with_outline)s THEN outline ELSE '' END AS outline, outline_given,
       adjacent_codes, retired, version, mode
  FROM area
 WHERE version > %(after_version)s
 ORDER BY version
 LIMIT %(size)s;

-- name: read_layer
-- The outlines of one level, below another area or all.
SELECT code, name, name_en, kind, outline
  FROM area
 WHERE NOT retired
   AND outline <> ''
   AND level = %(level)s
   AND (%(under_code)s = '' OR code <> %(under_code)s
        AND path <@ (SELECT above.path FROM area AS above WHERE above.code = %(under_code)s))
 ORDER BY code;

-- name: read_level_version
-- The newest change at a level; a retired area counts, so that its going is noticed.
SELECT coalesce(max(version), 0) AS version
  FROM area
 WHERE level = %(level)s;

-- name: save_area
INSERT INTO area (code, name, name_en, level, kind, parent_code, path, households, population, area_m2,
                  longitude_deg, latitude_deg, outline, outline_given, adjacent_codes, retired, version)
VALUES (%(code)s, %(name)s, %(name_en)s, %(level)s, %(kind)s, %(parent_code)s, %(path)s::ltree, %(households)s,
        %(population)s, %(area_m2)s, %(longitude_deg)s, %(latitude_deg)s, %(outline)s, %(outline_given)s,
        %(adjacent_codes)s, %(retired)s, nextval('change_version'))
    ON CONFLICT (code) DO UPDATE
   SET name = excluded.name, name_en = excluded.name_en, level = excluded.level, kind = excluded.kind,
       parent_code = excluded.parent_code, path = excluded.path, households = excluded.households,
       population = excluded.population, area_m2 = excluded.area_m2, longitude_deg = excluded.longitude_deg,
       latitude_deg = excluded.latitude_deg, outline = excluded.outline, outline_given = excluded.outline_given,
       adjacent_codes = excluded.adjacent_codes, retired = excluded.retired, version = excluded.version;

-- name: read_area_versions
SELECT code, version
  FROM area
 WHERE code = ANY(%(codes)s);

-- name: read_area_paths
-- Where areas in force lie in the tree.
SELECT code, path::text AS path
  FROM area
 WHERE code = ANY(%(codes)s) AND NOT retired;
