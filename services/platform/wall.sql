-- name: raise_wall
-- Gives the reading role what it needs to read behind the wall; whether there is such a role.
SELECT raise_wall() AS up;

-- name: go_behind
-- From here to the end of the transaction, or until come_back, this is the reading role and shows only what its caller may see.
SELECT set_config('role', %(role)s, true), set_config('gridward.subject', %(subject)s, true),
       set_config('gridward.grants', %(grants)s, true);

-- name: come_back
SELECT set_config('role', 'none', true), set_config('gridward.subject', '', true),
       set_config('gridward.grants', '', true);
