-- The books: accounts, the transfers between them, holds, and the one function by which a transfer comes about.
-- Runs as the owner of the schema `ledger`; the service's own role `points` is let in at the end, to read and to post.

CREATE TABLE account (
    id      bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    floor   bigint NOT NULL DEFAULT 0,
    balance bigint NOT NULL DEFAULT 0,
    seq     bigint NOT NULL DEFAULT 0,
    owner   text   NOT NULL,
    unit    text   NOT NULL,
    kind    text   NOT NULL,
    CONSTRAINT account_id PRIMARY KEY (id),
    CONSTRAINT account_name UNIQUE (owner, unit, kind),
    CONSTRAINT account_named CHECK (owner <> '' AND unit <> '' AND kind <> ''),
    CONSTRAINT account_not_below_floor CHECK (balance >= floor),
    CONSTRAINT account_floor_fits_kind CHECK (floor = 0 OR kind IN ('source', 'debt')),
    CONSTRAINT account_debt_is_owed CHECK (kind <> 'debt' OR balance <= 0)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02);
COMMENT ON TABLE account IS 'Who holds how much of what: points, minutes, goods of one kind, seats of one order';
COMMENT ON COLUMN account.floor IS 'The balance never goes below it: 0 but for sources, from which things come, and debts';
COMMENT ON COLUMN account.seq IS 'How many transfers touched the account; the number of its newest line';

CREATE TABLE transfer (
    key          uuid        NOT NULL,
    id           bigint      NOT NULL,
    debit        bigint      NOT NULL,
    credit       bigint      NOT NULL,
    amount       bigint      NOT NULL,
    debit_seq    bigint      NOT NULL,
    debit_after  bigint      NOT NULL,
    credit_seq   bigint      NOT NULL,
    credit_after bigint      NOT NULL,
    at           timestamptz NOT NULL,
    expires_on   date,
    reason       text        NOT NULL,
    cause        text        NOT NULL,
    CONSTRAINT transfer_key PRIMARY KEY (key),
    CONSTRAINT transfer_debit_line UNIQUE (debit, debit_seq),
    CONSTRAINT transfer_credit_line UNIQUE (credit, credit_seq),
    CONSTRAINT transfer_moves_something CHECK (amount > 0),
    CONSTRAINT transfer_leads_elsewhere CHECK (debit <> credit)
);
CREATE INDEX transfer_by_id ON transfer USING brin (id) WITH (pages_per_range = 16, autosummarize = on);
COMMENT ON TABLE transfer IS 'One row is both entries, so that their sum is zero by construction; never changed, never removed';
COMMENT ON COLUMN transfer.key IS 'Follows from what happened, so that what is told twice moves things once; begins with the time';
COMMENT ON COLUMN transfer.id IS 'Rises with the order of commits, with gaps';

CREATE TABLE hold (
    key        uuid        NOT NULL,
    account    bigint      NOT NULL,
    origin     bigint      NOT NULL,
    amount     bigint      NOT NULL,
    expires_at timestamptz,
    cause      text        NOT NULL,
    CONSTRAINT hold_key PRIMARY KEY (key),
    CONSTRAINT hold_whole UNIQUE (key, account, amount)
);
CREATE INDEX hold_by_expiry ON hold (expires_at) WHERE expires_at IS NOT NULL;
COMMENT ON TABLE hold IS 'What was set aside by the transfer of the same key, until it is fulfilled or given back, whole';

CREATE TABLE resolution (
    hold     uuid   NOT NULL,
    account  bigint NOT NULL,
    amount   bigint NOT NULL,
    transfer uuid   NOT NULL,
    CONSTRAINT resolution_once PRIMARY KEY (hold),
    CONSTRAINT resolution_transfer UNIQUE (transfer),
    CONSTRAINT resolution_of_hold FOREIGN KEY (hold, account, amount) REFERENCES hold (key, account, amount)
);
COMMENT ON TABLE resolution IS 'A hold is resolved at most once, from exactly its account and by exactly its amount';

CREATE TABLE reversal (
    original uuid NOT NULL,
    transfer uuid NOT NULL,
    CONSTRAINT reversal_once PRIMARY KEY (original),
    CONSTRAINT reversal_transfer UNIQUE (transfer)
);
COMMENT ON TABLE reversal IS 'A transfer is taken back at most once, by another transfer';

CREATE TABLE head (
    one    boolean NOT NULL DEFAULT true,
    last   bigint  NOT NULL DEFAULT 0,
    closed text    NOT NULL DEFAULT '',
    CONSTRAINT head_one PRIMARY KEY (one),
    CONSTRAINT head_is_one CHECK (one)
);
COMMENT ON COLUMN head.closed IS 'Why nothing may be posted now; empty when the books are open';
INSERT INTO head DEFAULT VALUES;

CREATE TABLE seal (
    upto     bigint      NOT NULL,
    previous bytea       NOT NULL,
    digest   bytea       NOT NULL,
    rows     bigint      NOT NULL,
    at       timestamptz NOT NULL,
    CONSTRAINT seal_upto PRIMARY KEY (upto)
);
COMMENT ON TABLE seal IS 'A chain of digests over the transfers; whoever changes an old row breaks it';

CREATE VIEW entry AS
SELECT debit AS account, debit_seq AS seq, -amount AS change, debit_after AS after, credit AS other,
       key, id, at, expires_on, reason, cause
  FROM transfer
 UNION ALL
SELECT credit, credit_seq, amount, credit_after, debit, key, id, at, expires_on, reason, cause
  FROM transfer;
COMMENT ON VIEW entry IS 'Each transfer as its two accounts see it';

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % is refused: the books are only added to', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER transfer_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON transfer
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER hold_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON hold
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER resolution_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON resolution
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER reversal_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON reversal
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER seal_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON seal
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER account_stays BEFORE DELETE OR TRUNCATE ON account
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER account_keeps_its_name BEFORE UPDATE OF id, owner, unit, kind, floor ON account
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Whoever adds to the books holds this lock until the commit, so that ids rise with commits and nobody waits in a ring.
-- It is the last lock a transaction takes.
CREATE FUNCTION take_books() RETURNS void LANGUAGE sql AS $$ SELECT pg_advisory_xact_lock(7401010) $$;

-- The ids of accounts by name, in the order asked; those not there are opened. `fresh` until the transaction commits.
CREATE FUNCTION open_accounts(owners text[], units text[], kinds text[], floors bigint[])
RETURNS TABLE (ids bigint[], fresh boolean[]) LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    before bigint[];
BEGIN
    SELECT array_agg(a.id ORDER BY w.n) INTO before
      FROM unnest(owners, units, kinds) WITH ORDINALITY AS w(owner, unit, kind, n)
      LEFT JOIN account AS a ON a.owner = w.owner AND a.unit = w.unit AND a.kind = w.kind;
    IF array_position(before, NULL) IS NOT NULL THEN
        PERFORM take_books();
        INSERT INTO account (owner, unit, kind, floor)
        SELECT w.owner, w.unit, w.kind, w.floor FROM unnest(owners, units, kinds, floors) AS w(owner, unit, kind, floor)
        ON CONFLICT DO NOTHING;
        SELECT array_agg(a.id ORDER BY w.n), array_agg(b.id IS NULL ORDER BY w.n) INTO ids, fresh
          FROM unnest(owners, units, kinds) WITH ORDINALITY AS w(owner, unit, kind, n)
          JOIN account AS a ON a.owner = w.owner AND a.unit = w.unit AND a.kind = w.kind
          JOIN unnest(before) WITH ORDINALITY AS b(id, n) ON b.n = w.n;
    ELSE
        ids := before;
        fresh := array_fill(false, ARRAY[cardinality(before)]);
    END IF;
    RETURN NEXT;
END $$;

-- Posts legs in order, exactly as if one after the other. Legs that follow each other with the same link (not 0) are
-- posted all or none; any other stands alone, so that one that fails harms no other.
-- `debits` and `credits` are places in `accounts`. Sorts: 0 plain, 1 hold, 2 resolve (ref: the hold's key),
-- 3 reverse (ref: the key of what is taken back). No key stands twice in one call.
-- Outcomes: 0 posted, 1 was posted before, 2 the key was used for something else, 3 not enough, 4 account or
-- reference unknown, 5 another leg of the group failed, 6 resolved or reversed before, 7 makes no sense.
CREATE FUNCTION post(
    keys uuid[], links int[], accounts bigint[], debits int[], credits int[], amounts bigint[], reasons text[],
    causes text[], expiries date[], sorts int[], refs uuid[], until timestamptz[], posted_at timestamptz
) RETURNS TABLE (outcomes int[], debit_afters bigint[], credit_afters bigint[])
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    n           int := cardinality(keys);
    special     boolean := 0 <> ANY (sorts);
    shut        text;
    newest      bigint;
    balances    bigint[];
    floors      bigint[];
    ceilings    bigint[];
    seqs        bigint[];
    old_seqs    bigint[];
    units       bigint[];
    debit_seqs  bigint[] := array_fill(0::bigint, ARRAY[n]);
    credit_seqs bigint[] := array_fill(0::bigint, ARRAY[n]);
    ref_from    bigint[];
    ref_amounts bigint[];
    ref_done    boolean[];
    done_here   uuid[] := '{}';
    was         record;
    first       int := 1;
    final       int;
    i           int;
    d           int;
    c           int;
    a           bigint;
    code        int;
    touched     int;
    written     int;
BEGIN
    PERFORM pg_advisory_xact_lock(7401010);
    SELECT last, closed INTO newest, shut FROM head;
    IF shut <> '' THEN
        RAISE EXCEPTION 'the books are closed: %', shut USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    outcomes := array_fill(0, ARRAY[n]);
    debit_afters := array_fill(0::bigint, ARRAY[n]);
    credit_afters := array_fill(0::bigint, ARRAY[n]);

    SELECT array_agg(coalesce(x.balance, 0) ORDER BY o.n), array_agg(coalesce(x.floor, 0) ORDER BY o.n),
           array_agg(CASE WHEN x.kind = 'debt' THEN 0 ELSE 9223372036854775807 END ORDER BY o.n),
           array_agg(coalesce(x.seq, -1) ORDER BY o.n), array_agg(coalesce(hashtextextended(x.unit, 0), 0) ORDER BY o.n)
      INTO balances, floors, ceilings, seqs, units
      FROM unnest(accounts) WITH ORDINALITY AS o(id, n)
      LEFT JOIN account AS x ON x.id = o.id;
    old_seqs := seqs;

    FOR was IN
        SELECT t.key, t.debit, t.credit, t.amount, t.reason, t.cause, t.credit_after, t.debit_after
          FROM transfer AS t WHERE t.key = ANY (keys)
    LOOP
        i := array_position(keys, was.key);
        outcomes[i] := CASE WHEN was.debit = accounts[debits[i]] AND was.credit = accounts[credits[i]]
                             AND was.amount = amounts[i] AND was.reason = reasons[i] AND was.cause = causes[i]
                            THEN 1 ELSE 2 END;
        debit_afters[i] := was.debit_after;
        credit_afters[i] := was.credit_after;
    END LOOP;

    IF special THEN
        SELECT array_agg(CASE WHEN s.sort = 2 THEN h.account WHEN t.key IS NOT NULL THEN t.credit ELSE 0 END ORDER BY s.n),
               array_agg(CASE WHEN s.sort = 2 THEN h.amount ELSE t.amount END ORDER BY s.n),
               array_agg(r.hold IS NOT NULL OR v.original IS NOT NULL ORDER BY s.n)
          INTO ref_from, ref_amounts, ref_done
          FROM unnest(sorts, refs) WITH ORDINALITY AS s(sort, ref, n)
          LEFT JOIN hold AS h ON s.sort = 2 AND h.key = s.ref
          LEFT JOIN transfer AS t ON s.sort = 3 AND t.key = s.ref
          LEFT JOIN resolution AS r ON s.sort = 2 AND r.hold = s.ref
          LEFT JOIN reversal AS v ON s.sort = 3 AND v.original = s.ref;
    END IF;

    WHILE first <= n LOOP
        final := first;
        IF links[first] <> 0 THEN
            WHILE final < n AND links[final + 1] = links[first] LOOP
                final := final + 1;
            END LOOP;
        END IF;
        code := 0;
        i := first;
        IF outcomes[first] = 1 AND NOT (0 = ANY (outcomes[first:final])) AND NOT (2 = ANY (outcomes[first:final])) THEN
            first := final + 1;
            CONTINUE;
        END IF;
        WHILE i <= final LOOP
            d := debits[i];
            c := credits[i];
            a := amounts[i];
            IF outcomes[i] <> 0 THEN
                code := 2;
            ELSIF seqs[d] < 0 OR seqs[c] < 0 THEN
                code := 4;
            ELSIF a <= 0 OR d = c OR units[d] <> units[c] THEN
                code := 7;
            END IF;
            IF code = 0 AND special AND sorts[i] >= 2 THEN
                IF ref_amounts[i] IS NULL THEN
                    code := 4;
                ELSIF ref_done[i] OR refs[i] = ANY (done_here) THEN
                    code := 6;
                ELSIF sorts[i] = 2 AND (ref_from[i] <> accounts[d] OR ref_amounts[i] <> a)
                   OR sorts[i] = 3 AND (a > ref_amounts[i] OR ref_from[i] <> accounts[d] AND ceilings[d] <> 0) THEN
                    code := 7;
                END IF;
            END IF;
            IF code = 0 AND (balances[d] - a < floors[d] OR balances[c] + a > ceilings[c]) THEN
                code := 3;
            END IF;
            EXIT WHEN code <> 0;
            IF special AND sorts[i] >= 2 THEN
                done_here := done_here || refs[i];
            END IF;
            balances[d] := balances[d] - a;
            seqs[d] := seqs[d] + 1;
            balances[c] := balances[c] + a;
            seqs[c] := seqs[c] + 1;
            debit_seqs[i] := seqs[d];
            credit_seqs[i] := seqs[c];
            debit_afters[i] := balances[d];
            credit_afters[i] := balances[c];
            i := i + 1;
        END LOOP;
        IF code <> 0 THEN
            FOR k IN first..final LOOP
                IF k < i THEN
                    balances[debits[k]] := balances[debits[k]] + amounts[k];
                    balances[credits[k]] := balances[credits[k]] - amounts[k];
                    seqs[debits[k]] := seqs[debits[k]] - 1;
                    seqs[credits[k]] := seqs[credits[k]] - 1;
                    IF special AND sorts[k] >= 2 THEN
                        done_here := array_remove(done_here, refs[k]);
                    END IF;
                END IF;
                outcomes[k] := CASE WHEN k = i THEN code ELSE 5 END;
            END LOOP;
        END IF;
        first := final + 1;
    END LOOP;

    INSERT INTO transfer (key, id, debit, credit, amount, debit_seq, debit_after, credit_seq, credit_after, at,
                          expires_on, reason, cause)
    SELECT u.key, newest + u.n, accounts[u.d], accounts[u.c], u.amount, u.debit_seq, u.debit_after, u.credit_seq,
           u.credit_after, posted_at, u.expires_on, u.reason, u.cause
      FROM unnest(keys, debits, credits, amounts, debit_seqs, debit_afters, credit_seqs, credit_afters, expiries,
                  reasons, causes, outcomes) WITH ORDINALITY
           AS u(key, d, c, amount, debit_seq, debit_after, credit_seq, credit_after, expires_on, reason, cause, outcome, n)
     WHERE u.outcome = 0;
    GET DIAGNOSTICS written = ROW_COUNT;
    IF written = 0 THEN
        RETURN NEXT;
        RETURN;
    END IF;

    UPDATE account AS x SET balance = u.balance, seq = u.seq
      FROM unnest(accounts, balances, seqs, old_seqs) AS u(id, balance, seq, old_seq)
     WHERE x.id = u.id AND x.seq = u.old_seq AND u.seq <> u.old_seq;
    GET DIAGNOSTICS touched = ROW_COUNT;
    IF touched <> (SELECT count(*) FROM unnest(seqs, old_seqs) AS u(seq, old_seq) WHERE u.seq <> u.old_seq) THEN
        RAISE EXCEPTION 'an account moved under the lock' USING ERRCODE = 'serialization_failure';
    END IF;
    UPDATE head SET last = newest + n;

    IF special THEN
        INSERT INTO hold (key, account, origin, amount, expires_at, cause)
        SELECT u.key, accounts[u.c], accounts[u.d], u.amount, u.until, u.cause
          FROM unnest(keys, debits, credits, amounts, until, causes, sorts, outcomes)
               AS u(key, d, c, amount, until, cause, sort, outcome)
         WHERE u.outcome = 0 AND u.sort = 1;
        INSERT INTO resolution (hold, account, amount, transfer)
        SELECT u.ref, accounts[u.d], u.amount, u.key
          FROM unnest(keys, debits, amounts, refs, sorts, outcomes) AS u(key, d, amount, ref, sort, outcome)
         WHERE u.outcome = 0 AND u.sort = 2;
        INSERT INTO reversal (original, transfer)
        SELECT u.ref, u.key FROM unnest(keys, refs, sorts, outcomes) AS u(key, ref, sort, outcome)
         WHERE u.outcome = 0 AND u.sort = 3;
    END IF;
    RETURN NEXT;
END $$;

-- The digest over some transfers, chained to the one before.
CREATE FUNCTION digest_of(previous bytea, after bigint, upto bigint) RETURNS TABLE (digest bytea, rows bigint)
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT sha256(previous || convert_to(coalesce(string_agg(t.line, E'\n' ORDER BY t.id), ''), 'UTF8')), count(*)
      FROM (SELECT id, concat_ws('|', key, id, debit, credit, amount, debit_seq, debit_after, credit_seq, credit_after,
                                 extract(epoch FROM at), expires_on, reason, cause) AS line
              FROM transfer WHERE id > after AND id <= upto) AS t
$$;

-- Seals what was added since the last seal, at most `size` ids; the newest sealed id and its digest, or no row.
CREATE FUNCTION seal_more(size bigint, sealed_at timestamptz) RETURNS TABLE (sealed bigint, newest_digest bytea)
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    was   seal;
    upto  bigint;
    fresh record;
BEGIN
    PERFORM pg_advisory_xact_lock(7401011);
    SELECT * INTO was FROM seal ORDER BY seal.upto DESC LIMIT 1;
    SELECT least(last, coalesce(was.upto, 0) + size) INTO upto FROM head;
    IF upto <= coalesce(was.upto, 0) THEN
        RETURN;
    END IF;
    SELECT * INTO fresh FROM digest_of(coalesce(was.digest, ''), coalesce(was.upto, 0), upto);
    INSERT INTO seal VALUES (upto, coalesce(was.digest, ''), fresh.digest, fresh.rows, sealed_at);
    sealed := upto;
    newest_digest := fresh.digest;
    RETURN NEXT;
END $$;

-- Stops all writing, once, with the first reason; reading goes on. Only the owner of the books opens them again.
CREATE FUNCTION close_books(why text) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path FROM CURRENT AS $$
    UPDATE head SET closed = why WHERE closed = ''
$$;
CREATE FUNCTION reopen_books() RETURNS void LANGUAGE sql SET search_path FROM CURRENT AS $$
    UPDATE head SET closed = ''
$$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA ledger FROM PUBLIC;
GRANT USAGE ON SCHEMA ledger TO points;
GRANT SELECT ON account, transfer, hold, resolution, reversal, head, seal, entry TO points;
GRANT EXECUTE ON FUNCTION open_accounts, post, seal_more, digest_of, close_books TO points;
