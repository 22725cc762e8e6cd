-- name: find_addresses
SELECT id AS key, 'camera.address:' || id AS place, sealed_address AS sealed
  FROM camera
 WHERE sealed_address <> '' AND substring(sealed_address FOR length(%(prefix)s::bytea)) <> %(prefix)s::bytea AND id > %(after)s
 ORDER BY 1
 LIMIT %(size)s;

-- name: save_addresses
UPDATE camera SET sealed_address = %(sealed)s WHERE id = %(key)s AND sealed_address = %(before)s;

-- name: find_controls
SELECT id AS key, 'camera.control:' || id AS place, sealed_control AS sealed
  FROM camera
 WHERE sealed_control <> '' AND substring(sealed_control FOR length(%(prefix)s::bytea)) <> %(prefix)s::bytea AND id > %(after)s
 ORDER BY 1
 LIMIT %(size)s;

-- name: save_controls
UPDATE camera SET sealed_control = %(sealed)s WHERE id = %(key)s AND sealed_control = %(before)s;
