-- Times of stages, loops and priorities, for the city and for any area.

CREATE TABLE area_limits (
    area_code  text        NOT NULL,
    version    integer     NOT NULL CHECK (version >= 1),
    changed_at timestamptz NOT NULL,
    changed_by text        NOT NULL,
    reason     text        NOT NULL,
    document   jsonb       NOT NULL,
    PRIMARY KEY (area_code, version)
);
COMMENT ON TABLE area_limits IS 'Times of an area, every version; the newest is in force, what it leaves open is as above';
CREATE FUNCTION refuse_other_limits() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a version of limits is never changed' USING ERRCODE = 'integrity_constraint_violation';
END
$$;
CREATE TRIGGER area_limits_stand BEFORE UPDATE OR DELETE ON area_limits
    FOR EACH ROW EXECUTE FUNCTION refuse_other_limits();
CREATE TRIGGER settled AFTER INSERT ON area_limits
    FOR EACH STATEMENT EXECUTE FUNCTION note_settlement();
