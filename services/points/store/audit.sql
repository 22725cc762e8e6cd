-- name: begin_audit
-- All checks see the same moment, and nothing is changed.
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY;

-- name: allow_long_audit
-- Counting everything takes as long as it takes.
SET LOCAL statement_timeout = 0;

-- name: count_ledger
-- How much was looked at.
SELECT (SELECT count(*) FROM ledger.account) AS accounts,
       (SELECT count(*) FROM ledger.transfer WHERE id > %(after)s AND id <= %(upto)s) AS transfers;

-- name: find_wrong_lines
-- Lines whose number or balance does not follow from the line before. Reads the lines of a range and, where a line's
-- predecessor lies before the range, that one line.
SELECT a.owner AS subject, (coalesce(w.was, p.after, 0) + w.change)::text || ' #' || (coalesce(w.was_seq, p.seq, 0) + 1) AS expected,
       w.after::text || ' #' || w.seq AS found
  FROM (SELECT e.account, e.seq, e.change, e.after, e.id,
               lag(e.after) OVER line AS was, lag(e.seq) OVER line AS was_seq
          FROM ledger.entry AS e WHERE e.id > %(after)s AND e.id <= %(upto)s
        WINDOW line AS (PARTITION BY e.account ORDER BY e.seq)) AS w
  JOIN ledger.account AS a ON a.id = w.account
  LEFT JOIN LATERAL (
       SELECT e.seq, e.after FROM ledger.entry AS e
        WHERE e.account = w.account AND e.seq = w.seq - 1 AND e.id <= %(after)s LIMIT 1) AS p ON w.was IS NULL
 WHERE w.seq <> coalesce(w.was_seq, p.seq, 0) + 1 OR w.after <> coalesce(w.was, p.after, 0) + w.change
 ORDER BY w.id
 LIMIT 100;

-- name: find_wrong_balances
-- Accounts touched in a range whose balance or count is not that of their newest line.
SELECT a.owner AS subject, coalesce(n.after, 0)::text || ' #' || coalesce(n.seq, 0) AS expected,
       a.balance::text || ' #' || a.seq AS found
  FROM ledger.account AS a
  LEFT JOIN (SELECT DISTINCT ON (e.account) e.account, e.seq, e.after
               FROM ledger.entry AS e WHERE e.id > %(after)s AND e.id <= %(upto)s
              ORDER BY e.account, e.seq DESC) AS n ON n.account = a.id
 WHERE (n.account IS NOT NULL OR %(after)s = 0) AND (a.balance <> coalesce(n.after, 0) OR a.seq <> coalesce(n.seq, 0))
 ORDER BY a.owner
 LIMIT 100;

-- name: find_low_balances
-- Accounts below their floor, debts that are none, and floors that do not fit.
SELECT a.owner AS subject, a.floor::text AS expected, a.balance::text AS found
  FROM ledger.account AS a
 WHERE a.balance < a.floor OR (a.kind = 'debt' AND a.balance > 0)
    OR (a.floor <> 0 AND a.kind NOT IN ('source', 'debt')) OR a.owner = '' OR a.unit = '' OR a.kind = ''
 ORDER BY a.owner
 LIMIT 100;

-- name: find_unbalanced_units
-- Units whose accounts do not add up to zero.
SELECT a.unit AS subject, '0' AS expected, sum(a.balance)::text AS found
  FROM ledger.account AS a
 GROUP BY a.unit
HAVING sum(a.balance) <> 0
 ORDER BY a.unit
 LIMIT 100;

-- name: find_wrong_transfers
-- Transfers that move nothing, lead nowhere, mix units, or name an account that is not there.
SELECT t.key::text AS subject, coalesce(d.unit, 'account ' || t.debit) AS expected,
       CASE WHEN t.amount <= 0 THEN t.amount::text ELSE coalesce(c.unit, 'account ' || t.credit) END AS found
  FROM ledger.transfer AS t
  LEFT JOIN ledger.account AS d ON d.id = t.debit
  LEFT JOIN ledger.account AS c ON c.id = t.credit
 WHERE t.id > %(after)s AND t.id <= %(upto)s
   AND (t.amount <= 0 OR t.debit = t.credit OR d.id IS NULL OR c.id IS NULL OR d.unit <> c.unit)
 ORDER BY t.id
 LIMIT 100;

-- name: find_repeated_keys
-- Keys and line numbers that stand more than once, which the indexes should forbid.
SELECT k.subject, '1' AS expected, k.times::text AS found
  FROM (SELECT t.key::text AS subject, count(*) AS times FROM ledger.transfer AS t
         WHERE t.id > %(after)s AND t.id <= %(upto)s GROUP BY t.key HAVING count(*) > 1
        UNION ALL
        SELECT 'account ' || e.account || ' #' || e.seq, count(*) FROM ledger.entry AS e
         WHERE e.id > %(after)s AND e.id <= %(upto)s GROUP BY e.account, e.seq HAVING count(*) > 1
        UNION ALL
        SELECT 'account ' || a.owner, count(*) FROM ledger.account AS a
         WHERE %(after)s = 0 GROUP BY a.owner, a.unit, a.kind HAVING count(*) > 1) AS k
 LIMIT 100;

-- name: find_wrong_holds
-- Pockets for held things whose balance is not what their open holds add up to.
SELECT a.owner AS subject, coalesce(h.open, 0)::text AS expected, a.balance::text AS found
  FROM ledger.account AS a
  LEFT JOIN (SELECT x.account, sum(x.amount) AS open FROM ledger.hold AS x
              WHERE NOT EXISTS (SELECT 1 FROM ledger.resolution AS r WHERE r.hold = x.key)
              GROUP BY x.account) AS h ON h.account = a.id
 WHERE a.kind IN ('held', 'reserved', 'taken') AND a.balance <> coalesce(h.open, 0)
 ORDER BY a.owner
 LIMIT 100;

-- name: find_wrong_resolutions
-- Holds without their transfer, resolutions of what is not held so, and things taken back that never were or twice.
SELECT w.subject, w.expected, w.found
  FROM (SELECT h.key::text AS subject, 'hold' AS expected, 'no transfer' AS found FROM ledger.hold AS h
          LEFT JOIN ledger.transfer AS t ON t.key = h.key AND t.credit = h.account AND t.amount = h.amount
         WHERE t.key IS NULL
        UNION ALL
        SELECT r.hold::text, 'resolution', 'of another hold or transfer' FROM ledger.resolution AS r
          LEFT JOIN ledger.hold AS h ON h.key = r.hold AND h.account = r.account AND h.amount = r.amount
          LEFT JOIN ledger.transfer AS t ON t.key = r.transfer AND t.debit = r.account AND t.amount = r.amount
         WHERE h.key IS NULL OR t.key IS NULL
        UNION ALL
        SELECT r.hold::text, 'one resolution', count(*)::text FROM ledger.resolution AS r GROUP BY r.hold HAVING count(*) > 1
        UNION ALL
        SELECT r.transfer::text, 'one hold', count(*)::text FROM ledger.resolution AS r GROUP BY r.transfer HAVING count(*) > 1
        UNION ALL
        SELECT h.key::text, 'one hold', count(*)::text FROM ledger.hold AS h GROUP BY h.key HAVING count(*) > 1
        UNION ALL
        SELECT v.original::text, 'one reversal', count(*)::text FROM ledger.reversal AS v GROUP BY v.original HAVING count(*) > 1
        UNION ALL
        SELECT v.transfer::text, 'one original', count(*)::text FROM ledger.reversal AS v GROUP BY v.transfer HAVING count(*) > 1
        UNION ALL
        SELECT v.original::text, 'reversal', 'of nothing' FROM ledger.reversal AS v
         WHERE NOT EXISTS (SELECT 1 FROM ledger.transfer AS t WHERE t.key = v.original)
            OR NOT EXISTS (SELECT 1 FROM ledger.transfer AS t WHERE t.key = v.transfer)) AS w
 LIMIT 100;

-- name: find_broken_seals
-- Seals whose digest is not that of their rows and of the seal before.
SELECT s.upto::text AS subject, encode(d.digest, 'hex') || ' ' || d.rows AS expected, encode(s.digest, 'hex') || ' ' || s.rows AS found
  FROM (SELECT x.upto, x.digest, x.rows, x.previous, lag(x.upto, 1, 0::bigint) OVER chain AS after,
               lag(x.digest, 1, ''::bytea) OVER chain AS due
          FROM ledger.seal AS x WINDOW chain AS (ORDER BY x.upto)) AS s
 CROSS JOIN LATERAL ledger.digest_of(s.due, s.after, s.upto) AS d
 WHERE s.upto > %(after)s AND (s.previous <> s.due OR s.digest <> d.digest OR s.rows <> d.rows)
 ORDER BY s.upto
 LIMIT 100;
