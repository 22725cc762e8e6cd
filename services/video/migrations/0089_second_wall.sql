-- A second wall: whoever reads as video_reader sees only the cameras within the grants named for this transaction, by a
-- department's grant its own alone, and of findings, kept pictures and snapshots only those of such cameras; nothing where
-- nobody was named. The owner of the tables writes and patrols as before.

CREATE FUNCTION grants_held() RETURNS TABLE (area text, department text) LANGUAGE sql STABLE AS $$
    SELECT held ->> 0, held ->> 1
      FROM jsonb_array_elements(nullif(current_setting('gridward.grants', true), '')::jsonb) AS held
$$;
COMMENT ON FUNCTION grants_held() IS 'The grants named for this transaction';

ALTER TABLE camera ENABLE ROW LEVEL SECURITY;
CREATE POLICY within_reach ON camera FOR SELECT USING (
    area_path <@ ANY (ARRAY(SELECT held.area::ltree FROM grants_held() AS held WHERE held.department = ''))
    OR EXISTS (SELECT FROM grants_held() AS held
                WHERE held.department = owner_department AND area_path <@ held.area::ltree)
);
-- Whose camera is not to be seen, is not to be seen either: the policy of cameras holds in here too.
ALTER TABLE finding ENABLE ROW LEVEL SECURITY;
CREATE POLICY within_reach ON finding FOR SELECT USING (EXISTS (SELECT FROM camera AS c WHERE c.id = camera_id));
ALTER TABLE evidence ENABLE ROW LEVEL SECURITY;
CREATE POLICY within_reach ON evidence FOR SELECT USING (EXISTS (SELECT FROM camera AS c WHERE c.id = camera_id));
ALTER TABLE snapshot ENABLE ROW LEVEL SECURITY;
CREATE POLICY within_reach ON snapshot FOR SELECT USING (EXISTS (SELECT FROM camera AS c WHERE c.id = camera_id));

CREATE FUNCTION raise_wall() RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE reader text := current_user || '_reader';
        held text;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = reader) THEN
        RETURN false;
    END IF;
    IF NOT pg_has_role(current_user, reader, 'MEMBER') THEN
        RETURN false;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('raise_wall', 0));
    IF NOT has_schema_privilege(reader, current_schema(), 'USAGE') THEN
        EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', current_schema(), reader);
    END IF;
    -- Never the sealed addresses: where a camera stands and whose it is, and which camera a picture is of.
    IF NOT has_column_privilege(reader, 'camera', 'owner_department', 'SELECT') THEN
        EXECUTE format('GRANT SELECT (id, area_path, owner_department) ON camera TO %I', reader);
    END IF;
    FOREACH held IN ARRAY ARRAY['finding', 'evidence', 'snapshot'] LOOP
        IF NOT has_column_privilege(reader, held, 'camera_id', 'SELECT') THEN
            EXECUTE format('GRANT SELECT (id, camera_id) ON %I TO %I', held, reader);
        END IF;
    END LOOP;
    RETURN true;
END
$$;
COMMENT ON FUNCTION raise_wall() IS 'Lets the reading role read the tables that have policies; false where there is no such role';
