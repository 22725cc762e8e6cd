-- name: list_old_transfers
-- Credits of the first release, in the order they were made.
SELECT t.id, t.key, d.owner AS debit_owner, c.owner AS credit_owner, t.amount, t.reason, t.cause, t.at
  FROM points.transfer AS t
  JOIN points.account AS d ON d.id = t.debit_account
  JOIN points.account AS c ON c.id = t.credit_account
 WHERE t.id > %(after)s
 ORDER BY t.id
 LIMIT %(size)s;
