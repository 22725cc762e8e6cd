-- name: find_secrets
SELECT account_id::text AS key, 'second_factor.secret:' || account_id::text AS place, sealed_secret AS sealed
  FROM second_factor
 WHERE sealed_secret <> '' AND substring(sealed_secret FOR length(%(prefix)s::bytea)) <> %(prefix)s::bytea AND account_id::text > %(after)s
 ORDER BY 1
 LIMIT %(size)s;

-- name: save_secrets
UPDATE second_factor SET sealed_secret = %(sealed)s WHERE account_id = %(key)s::uuid AND sealed_secret = %(before)s;
