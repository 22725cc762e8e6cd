-- name: post_transfer
-- Moves points, or finds the transfer that did so before under the same key.
SELECT p.outcome, (p.posted).id, (p.posted).amount, (p.posted).reason, (p.posted).cause,
       (p.posted).debit_after, (p.posted).credit_after, (p.posted).at
  FROM post_transfer(%(id)s, %(key)s, %(debit_owner)s, %(credit_owner)s, %(unit)s, %(amount)s, %(reason)s, %(cause)s,
                     %(at)s) AS p;

-- name: read_balance
-- No row for somebody who never earned.
SELECT balance FROM account WHERE owner = %(owner)s AND unit = %(unit)s;

-- name: list_transfers
-- Newest first, before the entry the caller saw last; an account's own numbering is the order.
SELECT e.sequence, e.change, e.after, o.owner AS other_owner, t.id, t.amount, t.reason, t.cause, t.at
  FROM account AS a
  JOIN entry AS e ON e.account = a.id
  JOIN transfer AS t ON t.id = e.transfer
  JOIN account AS o ON o.id = e.other
 WHERE a.owner = %(owner)s AND a.unit = %(unit)s
   AND (%(before)s::bigint IS NULL OR e.sequence < %(before)s)
 ORDER BY e.sequence DESC
 LIMIT %(size)s;

-- name: begin_audit
-- All checks see the same moment, and nothing is changed.
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY;

-- name: allow_long_audit
-- Counting everything takes as long as it takes.
SET LOCAL statement_timeout = 0;

-- name: count_ledger
-- How much was looked at.
SELECT (SELECT count(*) FROM account) AS accounts, (SELECT count(*) FROM transfer) AS transfers;

-- name: find_wrong_balances
-- Accounts whose balance is not what their transfers add up to.
SELECT a.owner AS subject, coalesce(sum(e.change), 0)::bigint AS expected, a.balance AS found
  FROM account AS a
  LEFT JOIN entry AS e ON e.account = a.id
 GROUP BY a.id
HAVING a.balance <> coalesce(sum(e.change), 0)
 ORDER BY a.owner;

-- name: find_wrong_counts
-- Accounts that were touched more or less often than there are transfers.
SELECT a.owner AS subject, count(e.transfer) AS expected, a.sequence AS found
  FROM account AS a
  LEFT JOIN entry AS e ON e.account = a.id
 GROUP BY a.id
HAVING a.sequence <> count(e.transfer)
 ORDER BY a.owner;

-- name: find_gaps
-- Places where an account's numbering leaves something out.
SELECT a.owner AS subject, g.due AS expected, g.sequence AS found
  FROM (SELECT e.account, e.sequence, row_number() OVER (PARTITION BY e.account ORDER BY e.sequence) AS due
          FROM entry AS e) AS g
  JOIN account AS a ON a.id = g.account
 WHERE g.sequence <> g.due
 ORDER BY a.owner, g.sequence;

-- name: find_wrong_running_balances
-- Entries whose balance afterwards is not the one before plus the change.
SELECT r.transfer::text AS subject, r.due AS expected, r.after AS found
  FROM (SELECT e.transfer, e.account, e.sequence, e.after,
               sum(e.change) OVER (PARTITION BY e.account ORDER BY e.sequence)::bigint AS due
          FROM entry AS e) AS r
 WHERE r.after <> r.due
 ORDER BY r.account, r.sequence;

-- name: find_wrong_digests
-- Transfers that do not say any more what was asked for.
SELECT t.id::text AS subject, encode(d.due, 'hex') AS expected, encode(t.digest, 'hex') AS found
  FROM transfer AS t
  JOIN account AS debit ON debit.id = t.debit_account
  JOIN account AS credit ON credit.id = t.credit_account
 CROSS JOIN LATERAL digest_of(debit.owner, credit.owner, debit.unit, t.amount, t.reason, t.cause) AS d(due)
 WHERE t.digest <> d.due
 ORDER BY t.id;

-- name: find_unbalanced_units
-- Units whose accounts do not add up to zero.
SELECT a.unit AS subject, 0 AS expected, sum(a.balance)::bigint AS found
  FROM account AS a
 GROUP BY a.unit
HAVING sum(a.balance) <> 0
 ORDER BY a.unit;

-- name: find_mixed_units
-- Transfers from an account of one unit to an account of another.
SELECT t.id::text AS subject, debit.unit AS expected, credit.unit AS found
  FROM transfer AS t
  JOIN account AS debit ON debit.id = t.debit_account
  JOIN account AS credit ON credit.id = t.credit_account
 WHERE debit.unit <> credit.unit
 ORDER BY t.id;

-- name: find_missing_accounts
-- Transfers that name an account which is not there.
SELECT e.transfer::text AS subject, e.account AS expected, NULL AS found
  FROM entry AS e
 WHERE NOT EXISTS (SELECT 1 FROM account AS a WHERE a.id = e.account)
 ORDER BY e.transfer;
