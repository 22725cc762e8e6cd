-- The second wall stands around opinions, tickets, duties and those who are meant by campaigns too: shown where a grant of
-- no single department reaches, and nothing where nobody was named.

CREATE FUNCTION within_grants(place ltree) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM jsonb_array_elements(nullif(current_setting('gridward.grants', true), '')::jsonb) AS held
                    WHERE held ->> 1 = '' AND place <@ (held ->> 0)::ltree)
$$;
COMMENT ON FUNCTION within_grants(ltree) IS 'Whether a grant named for this transaction, of no single department, reaches a place';

ALTER TABLE opinion ENABLE ROW LEVEL SECURITY;
CREATE POLICY within_reach ON opinion FOR SELECT USING (within_grants(area_path));
ALTER TABLE errand ENABLE ROW LEVEL SECURITY;
CREATE POLICY within_reach ON errand FOR SELECT USING (within_grants(area_path));
ALTER TABLE duty ENABLE ROW LEVEL SECURITY;
CREATE POLICY within_reach ON duty FOR SELECT USING (within_grants(area_path));
ALTER TABLE campaign_person ENABLE ROW LEVEL SECURITY;
CREATE POLICY within_reach ON campaign_person FOR SELECT USING (within_grants(area_path));

CREATE OR REPLACE FUNCTION raise_wall() RETURNS boolean LANGUAGE plpgsql AS $$
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
    FOREACH held IN ARRAY ARRAY['incident', 'part', 'opinion', 'errand', 'duty'] LOOP
        IF NOT has_table_privilege(reader, held, 'SELECT') THEN
            EXECUTE format('GRANT SELECT ON %I TO %I', held, reader);
        END IF;
    END LOOP;
    IF NOT has_column_privilege(reader, 'campaign_person', 'area_path', 'SELECT') THEN
        EXECUTE format('GRANT SELECT (campaign_id, person_id, area_path) ON campaign_person TO %I', reader);
    END IF;
    RETURN true;
END
$$;
