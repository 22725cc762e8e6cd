-- name: insert_claim
INSERT INTO claim (id, element_id, item, sealed, source, observed_at, made_by, made_at)
VALUES (%(id)s, %(element_id)s, %(item)s, %(sealed)s, %(source)s, %(observed_at)s, %(made_by)s, %(made_at)s);

-- name: list_claims
SELECT id, element_id, item, sealed, source, observed_at, made_by, made_at, gave_way
  FROM claim
 WHERE element_id = %(element_id)s AND (%(item)s = '' OR item = %(item)s)
 ORDER BY item, observed_at DESC, id DESC;

-- name: let_claims_give_way
UPDATE claim
   SET gave_way = true
 WHERE element_id = %(element_id)s AND item = %(item)s AND source = %(source)s AND NOT gave_way;

-- name: open_correction
INSERT INTO correction (id, element_id, item, source, claim_id, winner_id, grid_code, opened_at)
VALUES (%(id)s, %(element_id)s, %(item)s, %(source)s, %(claim_id)s, %(winner_id)s, %(grid_code)s, %(now)s)
    ON CONFLICT (element_id, item, source) WHERE state = 'open' DO UPDATE
   SET claim_id = excluded.claim_id, winner_id = excluded.winner_id
RETURNING id, element_id, item, source, claim_id, winner_id, grid_code, state, answer, opened_at, closed_at;

-- name: settle_corrections
-- Sources that agree by now have nothing left to correct.
UPDATE correction
   SET state = 'settled', closed_at = %(now)s
 WHERE element_id = %(element_id)s AND item = %(item)s AND state = 'open' AND NOT source = ANY(%(losers)s);

-- name: lock_correction
SELECT id, element_id, item, source, claim_id, winner_id, grid_code, state, answer, opened_at, closed_at
  FROM correction
 WHERE id = %(id)s
   FOR UPDATE;

-- name: close_correction
UPDATE correction
   SET state = %(state)s, answer = %(answer)s, closed_at = %(now)s
 WHERE id = %(id)s;

-- name: list_corrections
SELECT id, element_id, item, source, claim_id, winner_id, grid_code, state, answer, opened_at, closed_at
  FROM correction
 WHERE (source = ANY(%(sources)s) OR (%(field)s AND source = 'field' AND grid_code = ANY(%(grids)s)))
   AND (%(only)s = '' OR source = %(only)s)
   AND (%(with_closed)s OR state = 'open')
   AND (opened_at, id) > (%(after)s, %(after_id)s::uuid)
 ORDER BY opened_at, id
 LIMIT %(size)s;

-- name: insert_clue
INSERT INTO clue (id, element_id, grid_code, sealed, text, given_by, given_at)
VALUES (%(id)s, %(element_id)s, %(grid_code)s, %(sealed)s, %(text)s, %(given_by)s, %(given_at)s);

-- name: lock_clue
SELECT id, element_id, grid_code, sealed, text, given_by, given_at, state, verified_by, finding
  FROM clue
 WHERE id = %(id)s
   FOR UPDATE;

-- name: close_clue
UPDATE clue
   SET state = %(state)s, verified_by = %(by)s, finding = %(finding)s
 WHERE id = %(id)s;

-- name: list_clues
SELECT id, element_id, grid_code, sealed, text, given_by, given_at, state, verified_by, finding
  FROM clue
 WHERE (CASE WHEN %(given_by)s = '' THEN grid_code = ANY(%(grids)s) ELSE given_by = %(given_by)s END)
   AND (%(with_closed)s OR state = 'waiting')
 ORDER BY given_at, id
 LIMIT 200;

-- name: read_unrotated_claims
-- Claims that older keys sealed: a slice.
SELECT id, sealed
  FROM claim
 WHERE sealed <> '' AND substring(sealed FROM 1 FOR %(length)s) <> %(prefix)s AND id > %(after)s
 ORDER BY id
 LIMIT %(size)s;

-- name: reseal_claim
-- A claim is never changed otherwise, so nobody can have written it meanwhile.
UPDATE claim
   SET sealed = %(fresh)s
 WHERE id = %(id)s;

-- name: read_unrotated_clues
-- Clues that older keys sealed: a slice.
SELECT id, sealed
  FROM clue
 WHERE sealed <> '' AND substring(sealed FROM 1 FOR %(length)s) <> %(prefix)s AND id > %(after)s
 ORDER BY id
 LIMIT %(size)s;

-- name: reseal_clue
UPDATE clue
   SET sealed = %(fresh)s
 WHERE id = %(id)s;
