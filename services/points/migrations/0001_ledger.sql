-- The ledger: accounts, the transfers between them, and the one way in which a transfer comes about.

CREATE TABLE account (
    id       bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    owner    text        NOT NULL CHECK (owner <> ''),
    unit     text        NOT NULL DEFAULT 'points',
    kind     text        NOT NULL DEFAULT 'member' CHECK (kind IN ('mint', 'member')),
    balance  bigint      NOT NULL DEFAULT 0,
    sequence bigint      NOT NULL DEFAULT 0 CHECK (sequence >= 0),
    UNIQUE (owner, unit),
    CONSTRAINT account_not_below_zero CHECK (balance >= 0 OR kind = 'mint')
) WITH (fillfactor = 50);
COMMENT ON TABLE account IS 'What everybody has; balance and sequence follow from the transfers and are kept for speed';
COMMENT ON COLUMN account.sequence IS 'How many transfers touched the account';
CREATE UNIQUE INDEX account_one_mint ON account (unit) WHERE kind = 'mint';
INSERT INTO account (owner, kind) VALUES ('system:mint', 'mint');

CREATE TABLE transfer (
    id              uuid        PRIMARY KEY,
    key             text        NOT NULL UNIQUE,
    digest          bytea       NOT NULL,
    debit_account   bigint      NOT NULL REFERENCES account (id),
    credit_account  bigint      NOT NULL REFERENCES account (id),
    amount          bigint      NOT NULL CHECK (amount > 0),
    debit_sequence  bigint      NOT NULL CHECK (debit_sequence > 0),
    credit_sequence bigint      NOT NULL CHECK (credit_sequence > 0),
    debit_after     bigint      NOT NULL,
    credit_after    bigint      NOT NULL,
    reason          text        NOT NULL CHECK (reason <> ''),
    cause           text        NOT NULL CHECK (cause <> ''),
    at              timestamptz NOT NULL,
    UNIQUE (debit_account, debit_sequence),
    UNIQUE (credit_account, credit_sequence),
    CHECK (debit_account <> credit_account)
);
COMMENT ON TABLE transfer IS 'One row is both entries, so that their sum is zero by construction; never changed, never removed';
COMMENT ON COLUMN transfer.key IS 'What happened once may be told many times; it moves points once';
COMMENT ON COLUMN transfer.digest IS 'SHA-256 of what was asked for, to tell a repetition from another request under the same key';

-- Each transfer as the two accounts see it.
CREATE VIEW entry AS
SELECT debit_account AS account, debit_sequence AS sequence, id AS transfer, credit_account AS other,
       -amount AS change, debit_after AS after
  FROM transfer
 UNION ALL
SELECT credit_account, credit_sequence, id, debit_account, amount, credit_after
  FROM transfer;

CREATE FUNCTION digest_of(debit_owner text, credit_owner text, unit text, amount bigint, reason text, cause text)
RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT sha256(convert_to(jsonb_build_array(debit_owner, credit_owner, unit, amount, reason, cause)::text, 'UTF8'))
$$;

-- Outcomes: posted (new), repeated (the first one is returned), key_reused (nothing was done).
-- Locks: first the key, then both accounts in the order of their ids, so that no two callers wait for each other.
CREATE FUNCTION post_transfer(
    new_id uuid, new_key text, debit_owner text, credit_owner text, new_unit text, new_amount bigint, new_reason text,
    new_cause text, new_at timestamptz
) RETURNS TABLE (outcome text, posted transfer) LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    new_digest bytea := digest_of(debit_owner, credit_owner, new_unit, new_amount, new_reason, new_cause);
    debit      account;
    credit     account;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('transfer ' || new_key, 0));
    SELECT * INTO posted FROM transfer AS t WHERE t.key = new_key;
    IF FOUND THEN
        outcome := CASE WHEN posted.digest = new_digest THEN 'repeated' ELSE 'key_reused' END;
        RETURN NEXT;
        RETURN;
    END IF;

    INSERT INTO account (owner, unit)
    SELECT o, new_unit FROM unnest(ARRAY[debit_owner, credit_owner]) AS o
     WHERE NOT EXISTS (SELECT 1 FROM account AS a WHERE a.owner = o AND a.unit = new_unit)
     ORDER BY o
    ON CONFLICT DO NOTHING;
    PERFORM 1 FROM account AS a
      WHERE a.unit = new_unit AND a.owner IN (debit_owner, credit_owner) ORDER BY a.id FOR NO KEY UPDATE;

    UPDATE account AS a SET balance = a.balance - new_amount, sequence = a.sequence + 1
     WHERE a.owner = debit_owner AND a.unit = new_unit RETURNING * INTO debit;
    UPDATE account AS a SET balance = a.balance + new_amount, sequence = a.sequence + 1
     WHERE a.owner = credit_owner AND a.unit = new_unit RETURNING * INTO credit;
    INSERT INTO transfer VALUES (
        new_id, new_key, new_digest, debit.id, credit.id, new_amount, debit.sequence, credit.sequence, debit.balance,
        credit.balance, new_reason, new_cause, new_at
    ) RETURNING * INTO posted;
    outcome := 'posted';
    RETURN NEXT;
END $$;

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % is refused: the books are only added to', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER transfer_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON transfer
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER account_stays BEFORE DELETE OR TRUNCATE ON account
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER account_keeps_its_name BEFORE UPDATE OF id, owner, unit, kind ON account
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- At commit, so that account and transfer may be written in either order.
CREATE FUNCTION refuse_balance_without_transfer() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM 1 FROM entry AS e
      WHERE e.account = NEW.id AND e.sequence = NEW.sequence AND e.after = NEW.balance
        AND e.change = NEW.balance - OLD.balance AND NEW.sequence = OLD.sequence + 1;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the balance of account % moved without a transfer', NEW.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER account_moves_by_transfer AFTER UPDATE OF balance, sequence ON account
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse_balance_without_transfer();
