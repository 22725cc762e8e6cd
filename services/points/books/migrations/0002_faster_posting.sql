-- Posting, at less than the double cost of a mere insert: accounts are read in one sweep of their index and written
-- by their place on disk; rows are made from the arrays as they are; legs that stand alone take a short way.

-- Posts legs in order, exactly as if one after the other. Legs that follow each other with the same link (not 0) are
-- posted all or none; any other stands alone, so that one that fails harms no other.
-- `debits` and `credits` are places in `accounts`, best in the order of their ids. No `links`: all stand alone; no
-- `sorts`: all are plain. Sorts: 0 plain, 1 hold, 2 resolve (ref: the hold's key), 3 reverse (ref: the key of what is
-- taken back). No key stands twice in one call.
-- Outcomes: 0 posted, 1 was posted before, 2 the key was used for something else, 3 not enough, 4 account or
-- reference unknown, 5 another leg of the group failed, 6 resolved or reversed before, 7 makes no sense.
CREATE OR REPLACE FUNCTION post(
    keys uuid[], links int[], accounts bigint[], debits int[], credits int[], amounts bigint[], reasons text[],
    causes text[], expiries date[], sorts int[], refs uuid[], until timestamptz[], posted_at timestamptz
) RETURNS TABLE (outcomes int[], debit_afters bigint[], credit_afters bigint[])
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    n           int := cardinality(keys);
    special     boolean := coalesce(0 <> ANY (sorts), false);
    shut        text;
    newest      bigint;
    known       bigint[];
    places      tid[];
    balances    bigint[];
    floors      bigint[];
    ceilings    bigint[];
    seqs        bigint[];
    old_seqs    bigint[];
    units       bigint[];
    one_unit    boolean;
    owing       boolean;
    repeated    boolean := false;
    failed      boolean := false;
    debit_seqs  bigint[] := array_fill(0::bigint, ARRAY[n]);
    credit_seqs bigint[] := debit_seqs;
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
    after       bigint;
    code        int;
    touched     int;
    expected    int;
BEGIN
    PERFORM pg_advisory_xact_lock(7401010);
    SELECT last, closed INTO newest, shut FROM head;
    IF shut <> '' THEN
        RAISE EXCEPTION 'the books are closed: %', shut USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    outcomes := array_fill(0, ARRAY[n]);
    debit_afters := debit_seqs;
    credit_afters := debit_seqs;

    SELECT array_agg(x.id), array_agg(x.ctid), array_agg(x.balance), array_agg(x.floor), array_agg(x.seq),
           array_agg(x.unit), min(x.unit) = max(x.unit), bool_or(x.owing)
      INTO known, places, balances, floors, seqs, units, one_unit, owing
      FROM (SELECT y.id, y.ctid, y.balance, y.floor, y.seq, hashtextextended(y.unit, 0) AS unit, y.kind = 'debt' AS owing
              FROM account AS y WHERE y.id = ANY (accounts) ORDER BY y.id) AS x;
    IF known IS DISTINCT FROM accounts THEN
        SELECT array_agg(x.ctid ORDER BY o.n), array_agg(coalesce(x.balance, 0) ORDER BY o.n),
               array_agg(coalesce(x.floor, 0) ORDER BY o.n), array_agg(coalesce(x.seq, -1) ORDER BY o.n),
               array_agg(coalesce(hashtextextended(x.unit, 0), 0) ORDER BY o.n), true
          INTO places, balances, floors, seqs, units, owing
          FROM unnest(accounts) WITH ORDINALITY AS o(id, n)
          LEFT JOIN account AS x ON x.id = o.id;
    END IF;
    old_seqs := seqs;

    FOR was IN
        SELECT t.key, t.debit, t.credit, t.amount, t.reason, t.cause, t.credit_after, t.debit_after
          FROM transfer AS t WHERE t.key = ANY (keys)
    LOOP
        repeated := true;
        i := array_position(keys, was.key);
        outcomes[i] := CASE WHEN was.debit = accounts[debits[i]] AND was.credit = accounts[credits[i]]
                             AND was.amount = amounts[i] AND was.reason = reasons[i] AND was.cause = causes[i]
                            THEN 1 ELSE 2 END;
        debit_afters[i] := was.debit_after;
        credit_afters[i] := was.credit_after;
    END LOOP;

    -- The short way: legs that stand alone, one after the other, as far as nothing speaks against them.
    IF NOT (repeated OR special OR owing) AND one_unit AND links IS NULL THEN
        WHILE first <= n LOOP
            d := debits[first];
            c := credits[first];
            a := amounts[first];
            after := balances[d] - a;
            EXIT WHEN after < floors[d] OR a <= 0 OR d = c;
            balances[d] := after;
            debit_afters[first] := after;
            after := balances[c] + a;
            balances[c] := after;
            credit_afters[first] := after;
            touched := seqs[d] + 1;
            seqs[d] := touched;
            debit_seqs[first] := touched;
            touched := seqs[c] + 1;
            seqs[c] := touched;
            credit_seqs[first] := touched;
            first := first + 1;
        END LOOP;
    END IF;

    IF first <= n THEN
        ceilings := array_fill(9223372036854775807, ARRAY[cardinality(accounts)]);
        IF owing THEN
            FOR i IN SELECT o.n FROM unnest(accounts) WITH ORDINALITY AS o(id, n) JOIN account AS x ON x.id = o.id
                      WHERE x.kind = 'debt' LOOP
                ceilings[i] := 0;
            END LOOP;
        END IF;
    END IF;
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
            failed := true;
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

    IF repeated OR failed THEN
        INSERT INTO transfer (key, id, debit, credit, amount, debit_seq, debit_after, credit_seq, credit_after, at,
                              expires_on, reason, cause)
        SELECT u.key, newest + u.n, accounts[u.d], accounts[u.c], u.amount, u.debit_seq, u.debit_after, u.credit_seq,
               u.credit_after, posted_at, u.expires_on, u.reason, u.cause
          FROM unnest(keys, debits, credits, amounts, debit_seqs, debit_afters, credit_seqs, credit_afters, expiries,
                      reasons, causes, outcomes) WITH ORDINALITY
               AS u(key, d, c, amount, debit_seq, debit_after, credit_seq, credit_after, expires_on, reason, cause, outcome, n)
         WHERE u.outcome = 0;
        IF NOT FOUND THEN
            RETURN NEXT;
            RETURN;
        END IF;
        expected := (SELECT count(*) FROM unnest(seqs, old_seqs) AS u(seq, old_seq) WHERE u.seq <> u.old_seq);
    ELSE
        INSERT INTO transfer (key, id, debit, credit, amount, debit_seq, debit_after, credit_seq, credit_after, at,
                              expires_on, reason, cause)
        SELECT u.key, u.id, accounts[u.d], accounts[u.c], u.amount, u.debit_seq, u.debit_after, u.credit_seq,
               u.credit_after, posted_at, u.expires_on, u.reason, u.cause
          FROM (SELECT unnest(keys) AS key, generate_series(newest + 1, newest + n) AS id, unnest(debits) AS d,
                       unnest(credits) AS c, unnest(amounts) AS amount, unnest(debit_seqs) AS debit_seq,
                       unnest(debit_afters) AS debit_after, unnest(credit_seqs) AS credit_seq,
                       unnest(credit_afters) AS credit_after, unnest(expiries) AS expires_on,
                       unnest(reasons) AS reason, unnest(causes) AS cause) AS u;
        expected := cardinality(accounts);
    END IF;

    UPDATE account AS x SET balance = u.balance, seq = u.seq
      FROM (SELECT unnest(places) AS place, unnest(accounts) AS id, unnest(balances) AS balance, unnest(seqs) AS seq,
                   unnest(old_seqs) AS old_seq) AS u
     WHERE x.ctid = u.place AND x.id = u.id AND x.seq = u.old_seq AND u.seq <> u.old_seq;
    GET DIAGNOSTICS touched = ROW_COUNT;
    IF touched <> expected THEN
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
