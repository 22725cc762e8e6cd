-- name: find_accounts
-- By a part of login, name or subject, in order of logins.
SELECT a.login, a.subject, a.kind, a.name, a.name_en, a.language, a.disabled, a.password_hash IS NOT NULL AS has_password,
       f.confirmed_at IS NOT NULL AS has_second_factor,
       (SELECT max(s.seen_at) FROM session AS s WHERE s.account_id = a.id) AS seen_at
  FROM account AS a
  LEFT JOIN second_factor AS f ON f.account_id = a.id
 WHERE a.login > %(after)s
   AND (%(pattern)s::text IS NULL OR a.login LIKE %(pattern)s OR a.name ILIKE %(pattern)s
        OR a.name_en ILIKE %(pattern)s OR a.subject ILIKE %(pattern)s)
   AND (%(kind)s::text IS NULL OR a.kind = %(kind)s)
 ORDER BY a.login
 LIMIT %(size)s;

-- name: end_sessions
-- All stays of an account end.
DELETE FROM session WHERE account_id = (SELECT id FROM account WHERE login = %(login)s);
