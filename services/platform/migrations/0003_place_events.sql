-- Gives committed events their positions in one round trip; answers how many were placed, how many still wait, and the newest position.
-- Each statement of a volatile function sees what was committed before it began, so what the holder of the lock
-- before us committed is seen; the lock ends with the transaction, after its commit.
CREATE FUNCTION place_events(lock bigint, most integer, OUT placed bigint, OUT waiting bigint, OUT head bigint)
    LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    placed := 0;
    IF pg_try_advisory_xact_lock(lock) THEN
        WITH unplaced AS MATERIALIZED (
            SELECT id, inserted FROM outbox WHERE position IS NULL ORDER BY inserted LIMIT most
        ), numbered AS MATERIALIZED (
            SELECT id, nextval('outbox_position') AS position FROM (SELECT id FROM unplaced ORDER BY inserted) AS ordered
        )
        UPDATE outbox SET position = numbered.position FROM numbered WHERE outbox.id = numbered.id;
        GET DIAGNOSTICS placed = ROW_COUNT;
    END IF;
    SELECT count(*) INTO waiting FROM (SELECT FROM outbox WHERE position IS NULL LIMIT 100000) AS unplaced;
    SELECT coalesce(max(position), 0) INTO head FROM outbox;
END
$$;
