-- name: open_accounts
-- The ids of accounts by name; those not there are opened.
SELECT ids, fresh FROM ledger.open_accounts(%(owners)s::text[], %(units)s::text[], %(kinds)s::text[], %(floors)s::bigint[]);

-- name: post
-- Posts legs in order; see the function.
SELECT outcomes, debit_afters, credit_afters
  FROM ledger.post(%(keys)s::uuid[], %(links)s::int[], %(accounts)s::bigint[], %(debits)s::int[], %(credits)s::int[],
                   %(amounts)s::bigint[], %(reasons)s::text[], %(causes)s::text[], %(expiries)s::date[],
                   %(sorts)s::int[], %(refs)s::uuid[], %(until)s::timestamptz[], %(at)s::timestamptz);

-- name: read_balances
-- All pockets of one owner in one unit; no row for somebody who never had anything.
SELECT kind, balance FROM ledger.account WHERE owner = %(owner)s AND unit = %(unit)s;

-- name: read_many_balances
-- One pocket of many owners.
SELECT owner, balance FROM ledger.account WHERE unit = %(unit)s AND kind = %(kind)s AND owner = ANY (%(owners)s::text[]);

-- name: list_entries
-- Newest first, before the line the caller saw last; an account's own numbering is the order.
-- Each account has its lines in two indexes, by debit and by credit; both are read from the end and merged.
SELECT e.seq, e.key, e.change, e.after, o.owner AS other_owner, o.kind AS other_kind, e.reason, e.cause, e.at, e.expires_on
  FROM ledger.account AS a
 CROSS JOIN LATERAL (
       (SELECT debit_seq AS seq, key, -amount AS change, debit_after AS after, credit AS other, reason, cause, at, expires_on
          FROM ledger.transfer WHERE debit = a.id AND debit_seq < coalesce(%(before)s::bigint, a.seq + 1)
         ORDER BY debit_seq DESC LIMIT %(size)s)
        UNION ALL
       (SELECT credit_seq, key, amount, credit_after, debit, reason, cause, at, expires_on
          FROM ledger.transfer WHERE credit = a.id AND credit_seq < coalesce(%(before)s::bigint, a.seq + 1)
         ORDER BY credit_seq DESC LIMIT %(size)s)) AS e
  JOIN ledger.account AS o ON o.id = e.other
 WHERE a.owner = %(owner)s AND a.unit = %(unit)s AND a.kind = %(kind)s
 ORDER BY e.seq DESC
 LIMIT %(size)s;

-- name: read_transfer
-- One transfer by its key, with the names of both accounts.
SELECT t.key, t.amount, t.reason, t.cause, t.at, t.expires_on, t.credit_after,
       d.owner AS debit_owner, d.unit, d.kind AS debit_kind, c.owner AS credit_owner, c.kind AS credit_kind,
       r.transfer AS reversed_by
  FROM ledger.transfer AS t
  JOIN ledger.account AS d ON d.id = t.debit
  JOIN ledger.account AS c ON c.id = t.credit
  LEFT JOIN ledger.reversal AS r ON r.original = t.key
 WHERE t.key = %(key)s;

-- name: list_grants
-- What somebody was given that will expire, by day; and what left the pocket or came back into it.
-- Points that come back from a hold or a returned good keep the day they had: they lower what was used.
SELECT t.expires_on, sum(t.amount)::bigint AS amount
  FROM ledger.account AS a
  JOIN ledger.transfer AS t ON t.credit = a.id
 WHERE a.owner = %(owner)s AND a.unit = 'points' AND a.kind = 'available' AND t.expires_on IS NOT NULL
 GROUP BY t.expires_on
 ORDER BY t.expires_on;

-- name: read_use
-- What was used so far, less what came back; and what has expired.
SELECT coalesce(sum(u.amount) FILTER (WHERE NOT u.expired), 0)::bigint AS used,
       coalesce(sum(u.amount) FILTER (WHERE u.expired), 0)::bigint AS expired
  FROM ledger.account AS a
 CROSS JOIN LATERAL (
       SELECT t.amount, o.kind = 'expired' AS expired
         FROM ledger.transfer AS t JOIN ledger.account AS o ON o.id = t.credit WHERE t.debit = a.id
        UNION ALL
       SELECT -t.amount, false
         FROM ledger.transfer AS t JOIN ledger.account AS o ON o.id = t.debit AND o.kind IN ('held', 'spent')
        WHERE t.credit = a.id) AS u
 WHERE a.owner = %(owner)s AND a.unit = 'points' AND a.kind = 'available';

-- name: list_owners
-- Owners of a pocket that is not empty, in the order of their accounts.
SELECT id, owner, balance, seq FROM ledger.account
 WHERE unit = %(unit)s AND kind = %(kind)s AND balance <> 0 AND id > %(after)s
 ORDER BY id
 LIMIT %(size)s;

-- name: list_expired_holds
-- Holds whose time is up and that nobody resolved, oldest first.
SELECT h.key, h.amount, h.cause, h.expires_at, a.owner, a.unit, a.kind, o.owner AS origin_owner, o.kind AS origin_kind
  FROM ledger.hold AS h
  JOIN ledger.account AS a ON a.id = h.account
  JOIN ledger.account AS o ON o.id = h.origin
 WHERE h.expires_at <= %(now)s AND NOT EXISTS (SELECT 1 FROM ledger.resolution AS r WHERE r.hold = h.key)
 ORDER BY h.expires_at
 LIMIT %(size)s;

-- name: seal_more
-- Seals what was added since the last seal.
SELECT sealed, newest_digest FROM ledger.seal_more(%(size)s, %(at)s);

-- name: close_books
-- Stops all writing.
SELECT ledger.close_books(%(why)s);

-- name: read_head
-- How far the books go, and why they are closed where they are.
SELECT last, closed FROM ledger.head;

-- name: read_seal
-- How far the chain of digests goes.
SELECT upto FROM ledger.seal ORDER BY upto DESC LIMIT 1;
