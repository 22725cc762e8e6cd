-- Each line of a case's history is sealed with the one before, so that none can be changed, removed or moved unseen.

ALTER TABLE history
    ADD COLUMN deadline_at timestamptz,
    ADD COLUMN seal        bytea;
COMMENT ON COLUMN history.deadline_at IS 'The deadline of the case after this line';
COMMENT ON COLUMN history.seal IS 'SHA-256 over the seal of the line before and everything in this one';

-- Everything a line says, as one text. The verifier builds the same text by itself and does not ask this function.
CREATE FUNCTION line_text(line history) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN jsonb_build_array(
        line.incident_id::text, line.sequence::text, line.event, coalesce(line.from_state, ''), line.to_state,
        line.actor, line.role, line.receiver, line.opinion, line.opinion_en,
        (extract(epoch FROM line.at) * 1000000)::bigint::text, line.elapsed_s::text, line.overdue::text,
        line.evidence::text, coalesce((extract(epoch FROM line.deadline_at) * 1000000)::bigint::text, ''))::text;

CREATE FUNCTION seal_line() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before bytea := '';
BEGIN
    IF NEW.sequence > 1 THEN
        SELECT coalesce(seal, '') INTO before
          FROM history
         WHERE incident_id = NEW.incident_id AND sequence = NEW.sequence - 1;
    END IF;
    NEW.seal := sha256(coalesce(before, '') || convert_to(line_text(NEW), 'UTF8'));
    RETURN NEW;
END
$$;

ALTER TABLE history DISABLE TRIGGER history_stays;
DO $$
DECLARE
    line   history;
    before bytea := '';
BEGIN
    FOR line IN SELECT * FROM history ORDER BY incident_id, sequence LOOP
        IF line.sequence = 1 THEN
            before := '';
        END IF;
        before := sha256(before || convert_to(line_text(line), 'UTF8'));
        UPDATE history SET seal = before WHERE incident_id = line.incident_id AND sequence = line.sequence;
    END LOOP;
END
$$;
ALTER TABLE history ENABLE TRIGGER history_stays;
CREATE TRIGGER history_is_sealed BEFORE INSERT ON history FOR EACH ROW EXECUTE FUNCTION seal_line();
