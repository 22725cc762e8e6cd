-- Everything that goes on around a case: requests, answers owed, parts of several, cases within cases, and calendars.

ALTER TABLE incident
    ADD COLUMN ending    text    NOT NULL DEFAULT '',
    ADD COLUMN leg_cause text    NOT NULL DEFAULT '',
    ADD COLUMN parent_id uuid    REFERENCES incident,
    ADD COLUMN blocking  boolean NOT NULL DEFAULT false,
    ADD COLUMN dealings  jsonb   NOT NULL DEFAULT '{}',
    ADD CONSTRAINT incident_is_not_its_own_parent CHECK (parent_id <> id);
COMMENT ON COLUMN incident.ending IS 'How it ended: solved, self_solved, unsolved, refused, cancelled; empty while it is open';
COMMENT ON COLUMN incident.dealings IS 'What goes on beside its way, read and written whole with the case; only what is not as usual is in it';
UPDATE incident
   SET ending = CASE ended_as WHEN 'closed' THEN 'solved' WHEN 'rejected' THEN 'refused' ELSE ended_as END
 WHERE ended_as <> '';
CREATE INDEX incident_by_parent ON incident (parent_id) WHERE parent_id IS NOT NULL;

ALTER TABLE leg ADD COLUMN cause text NOT NULL DEFAULT '';
COMMENT ON COLUMN leg.cause IS 'Why it came here; empty for the first';

CREATE TABLE part (
    incident_id uuid        NOT NULL REFERENCES incident,
    sequence    integer     NOT NULL,
    kind        text        NOT NULL,
    receiver    text        NOT NULL,
    holder      text        NOT NULL,
    place       integer     NOT NULL,
    limit_value numeric,
    limit_unit  text,
    given_by    text        NOT NULL,
    given_at    timestamptz NOT NULL,
    due_at      timestamptz,
    state       text        NOT NULL,
    signed_by   text        NOT NULL,
    signed_at   timestamptz,
    arrived_at  timestamptz,
    done_by     text        NOT NULL,
    ended_at    timestamptz,
    reply       text        NOT NULL,
    missed      boolean     NOT NULL,
    PRIMARY KEY (incident_id, sequence)
);
COMMENT ON TABLE part IS 'Who beside the department in charge has to do with a case, and what they answered';
CREATE INDEX part_by_receiver ON part (receiver, incident_id);
CREATE INDEX part_by_holder ON part (holder, incident_id) WHERE holder <> '';

-- How the cases of a task type are worked. A case goes by the version in force when it was reported.
CREATE TABLE procedure (
    task_type   text        NOT NULL,
    version     integer     NOT NULL CHECK (version >= 1),
    in_force_at timestamptz NOT NULL,
    document    jsonb       NOT NULL,
    declared_by text        NOT NULL,
    PRIMARY KEY (task_type, version)
);
COMMENT ON TABLE procedure IS 'Proof, states and limits of a task type, every version that ever was in force';
CREATE TRIGGER settled AFTER INSERT OR UPDATE OR DELETE ON procedure
    FOR EACH STATEMENT EXECUTE FUNCTION note_settlement();

-- When an area works. The nearest area above a case that has one decides; the city's own tables stand for the rest.
CREATE TABLE area_calendar (
    area_code   text        NOT NULL,
    version     integer     NOT NULL CHECK (version >= 1),
    changed_at  timestamptz NOT NULL,
    changed_by  text        NOT NULL,
    reason      text        NOT NULL,
    document    jsonb       NOT NULL,
    PRIMARY KEY (area_code, version)
);
COMMENT ON TABLE area_calendar IS 'Office slots, days off, worked days and final years of an area, every version; the newest is in force';
CREATE FUNCTION only_added_to() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is only ever added to', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END
$$;
CREATE TRIGGER area_calendar_stands BEFORE UPDATE OR DELETE ON area_calendar
    FOR EACH ROW EXECUTE FUNCTION only_added_to();
CREATE TRIGGER procedure_stands BEFORE UPDATE OR DELETE ON procedure
    FOR EACH ROW EXECUTE FUNCTION only_added_to();
CREATE TRIGGER settled AFTER INSERT OR UPDATE OR DELETE ON area_calendar
    FOR EACH STATEMENT EXECUTE FUNCTION note_settlement();

CREATE TABLE priority_share (
    priority text    PRIMARY KEY CHECK (priority IN ('routine', 'urgent')),
    share    numeric NOT NULL CHECK (share > 0 AND share <= 1)
);
COMMENT ON TABLE priority_share IS 'How much of its limit a case of this priority gets';
CREATE TRIGGER settled AFTER INSERT OR UPDATE OR DELETE ON priority_share
    FOR EACH STATEMENT EXECUTE FUNCTION note_settlement();
