-- A second wall: whoever reads as incidents_reader sees only the cases within the grants named for this transaction, and
-- nothing where none were named. The owner of the tables writes and counts as before.

ALTER TABLE incident ENABLE ROW LEVEL SECURITY;
CREATE POLICY within_reach ON incident FOR SELECT USING (
    nullif(current_setting('gridward.subject', true), '') IN (reporter, handler, checker)
    OR EXISTS (SELECT FROM jsonb_array_elements(nullif(current_setting('gridward.grants', true), '')::jsonb) AS held
                WHERE area_path <@ (held ->> 0)::ltree AND held ->> 1 IN ('', department_code))
    OR EXISTS (SELECT FROM part AS p
                WHERE p.incident_id = incident.id
                  AND (nullif(current_setting('gridward.subject', true), '') IN (p.receiver, p.holder)
                       OR EXISTS (SELECT FROM jsonb_array_elements(
                                              nullif(current_setting('gridward.grants', true), '')::jsonb) AS held
                                   WHERE held ->> 1 <> '' AND held ->> 1 IN (p.receiver, p.holder))))
);

CREATE FUNCTION raise_wall() RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE reader text := current_user || '_reader';
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = reader) THEN
        RETURN false;
    END IF;
    IF NOT pg_has_role(current_user, reader, 'MEMBER') THEN
        RETURN false;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('raise_wall', 0));
    IF NOT (has_table_privilege(reader, 'incident', 'SELECT') AND has_table_privilege(reader, 'part', 'SELECT') AND has_schema_privilege(reader, current_schema(), 'USAGE')) THEN
        EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', current_schema(), reader);
        EXECUTE format('GRANT SELECT ON incident, part TO %I', reader);
    END IF;
    RETURN true;
END
$$;
COMMENT ON FUNCTION raise_wall() IS 'Lets the reading role read the tables that have policies; false where there is no such role';
