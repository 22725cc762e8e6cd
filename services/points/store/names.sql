-- name: list_open_volunteers
-- Volunteers whose names lie open, so many at a time.
SELECT subject, name FROM volunteer
 WHERE name <> ''
 ORDER BY subject
 LIMIT %(size)s
   FOR UPDATE SKIP LOCKED;

-- name: list_old_volunteers
-- Volunteers whose names are sealed with a key that is not in force any more.
SELECT subject, sealed_name FROM volunteer
 WHERE sealed_name <> '' AND substring(sealed_name FOR length(%(prefix)s::bytea)) <> %(prefix)s::bytea
 ORDER BY subject
 LIMIT %(size)s
   FOR UPDATE SKIP LOCKED;

-- name: seal_volunteer
-- The name is sealed from now on.
UPDATE volunteer
   SET name = '', masked_name = %(masked)s, sealed_name = %(sealed)s, name_index = %(index)s
 WHERE subject = %(subject)s;

-- name: list_open_certificates
-- Certificates with open names.
SELECT number, name FROM certificate WHERE name <> '' ORDER BY number LIMIT %(size)s FOR UPDATE SKIP LOCKED;

-- name: list_old_certificates
-- Certificates sealed with a key that is not in force any more.
SELECT number, sealed_name FROM certificate
 WHERE sealed_name <> '' AND substring(sealed_name FOR length(%(prefix)s::bytea)) <> %(prefix)s::bytea
 ORDER BY number
 LIMIT %(size)s
   FOR UPDATE SKIP LOCKED;

-- name: seal_certificate
-- The name on it is sealed from now on.
UPDATE certificate SET name = '', masked_name = %(masked)s, sealed_name = %(sealed)s WHERE number = %(number)s;
