-- A second wall: whoever reads as registry_reader sees only what stands in the grids within the grants named for this
-- transaction, people and homes only by grants of no single department, and nothing where none were named.

ALTER TABLE element ENABLE ROW LEVEL SECURITY;
CREATE POLICY within_reach ON element FOR SELECT USING (
    EXISTS (SELECT FROM area AS place,
                        jsonb_array_elements(nullif(current_setting('gridward.grants', true), '')::jsonb) AS held
             WHERE place.code = element.grid_code AND place.path <@ (held ->> 0)::ltree
               AND (held ->> 1 = '' OR element.kind > 3))
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
    IF NOT (has_table_privilege(reader, 'element', 'SELECT') AND has_table_privilege(reader, 'area', 'SELECT') AND has_schema_privilege(reader, current_schema(), 'USAGE')) THEN
        EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', current_schema(), reader);
        EXECUTE format('GRANT SELECT ON element, area TO %I', reader);
    END IF;
    RETURN true;
END
$$;
COMMENT ON FUNCTION raise_wall() IS 'Lets the reading role read the tables that have policies; false where there is no such role';
