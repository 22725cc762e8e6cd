-- The second wall stands around clues, corrections, loans, visits and diaries too: shown where a grant of no single
-- department reaches the grid, to the departments they are about, to who gave a clue; nothing where nobody was named.

CREATE FUNCTION grants_held() RETURNS TABLE (area text, department text) LANGUAGE sql STABLE AS $$
    SELECT held ->> 0, held ->> 1
      FROM jsonb_array_elements(nullif(current_setting('gridward.grants', true), '')::jsonb) AS held
$$;
COMMENT ON FUNCTION grants_held() IS 'The grants named for this transaction';

CREATE FUNCTION grid_within_grants(grid text) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM area AS place, grants_held() AS held
                    WHERE place.code = grid AND held.department = '' AND place.path <@ held.area::ltree)
$$;
COMMENT ON FUNCTION grid_within_grants(text) IS 'Whether a grant of no single department reaches a grid';

ALTER TABLE clue ENABLE ROW LEVEL SECURITY;
CREATE POLICY within_reach ON clue FOR SELECT USING (
    grid_within_grants(grid_code) OR given_by = nullif(current_setting('gridward.subject', true), '')
);
ALTER TABLE correction ENABLE ROW LEVEL SECURITY;
CREATE POLICY within_reach ON correction FOR SELECT USING (
    source = 'field' AND grid_within_grants(grid_code)
    OR source IN (SELECT department FROM grants_held() WHERE department <> '')
);
ALTER TABLE loan ENABLE ROW LEVEL SECURITY;
CREATE POLICY within_reach ON loan FOR SELECT USING (
    EXISTS (SELECT FROM grants_held() AS held
             WHERE held.department IN (borrower, lender) OR held.department = '' AND strpos(held.area, '.') = 0)
);
ALTER TABLE visit ENABLE ROW LEVEL SECURITY;
CREATE POLICY within_reach ON visit FOR SELECT USING (grid_within_grants(grid_code));
ALTER TABLE diary_entry ENABLE ROW LEVEL SECURITY;
CREATE POLICY within_reach ON diary_entry FOR SELECT USING (grid_within_grants(grid_code));

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
    FOREACH held IN ARRAY ARRAY['element', 'area', 'clue', 'correction', 'loan', 'visit', 'diary_entry'] LOOP
        IF NOT has_table_privilege(reader, held, 'SELECT') THEN
            EXECUTE format('GRANT SELECT ON %I TO %I', held, reader);
        END IF;
    END LOOP;
    RETURN true;
END
$$;
