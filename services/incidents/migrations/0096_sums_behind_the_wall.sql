-- Sums and standings are made behind the wall whole as well: what sides said of each other, marks, findings, published
-- months, and places that come back. Whoever reads as incidents_reader sees of them what the grants named reach, never who
-- rated, and nothing where nobody was named.

ALTER TABLE side_rating ENABLE ROW LEVEL SECURITY;
CREATE POLICY within_reach ON side_rating FOR SELECT USING (
    area_path <@ ANY (ARRAY(SELECT held.area::ltree FROM grants_held() AS held WHERE held.department = ''))
    OR department_code = ANY (ARRAY(SELECT held.department FROM grants_held() AS held WHERE held.department <> ''))
       AND EXISTS (SELECT FROM grants_held() AS held
                    WHERE held.department = department_code AND area_path <@ held.area::ltree)
);

-- Marks, findings and standings belong to areas, whichever department looks.
ALTER TABLE grid_mark ENABLE ROW LEVEL SECURITY;
CREATE POLICY within_reach ON grid_mark FOR SELECT USING (
    area_path <@ ANY (ARRAY(SELECT held.area::ltree FROM grants_held() AS held))
);
ALTER TABLE worker_mark ENABLE ROW LEVEL SECURITY;
CREATE POLICY within_reach ON worker_mark FOR SELECT USING (
    area_path <@ ANY (ARRAY(SELECT held.area::ltree FROM grants_held() AS held))
);
ALTER TABLE city_finding ENABLE ROW LEVEL SECURITY;
CREATE POLICY within_reach ON city_finding FOR SELECT USING (
    area_path <@ ANY (ARRAY(SELECT held.area::ltree FROM grants_held() AS held))
);
ALTER TABLE standing_edition ENABLE ROW LEVEL SECURITY;
CREATE POLICY within_reach ON standing_edition FOR SELECT USING (
    area_path <@ ANY (ARRAY(SELECT held.area::ltree FROM grants_held() AS held))
);
ALTER TABLE standing ENABLE ROW LEVEL SECURITY;
CREATE POLICY within_reach ON standing FOR SELECT USING (
    EXISTS (SELECT FROM standing_edition AS e
             WHERE (e.kind, e.period, e.area_code, e.edition)
                   = (standing.kind, standing.period, standing.area_code, standing.edition))
);

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
    FOREACH held IN ARRAY ARRAY['incident', 'part', 'opinion', 'errand', 'duty', 'grid_mark', 'worker_mark',
                                'city_finding', 'standing_edition', 'standing'] LOOP
        IF NOT has_table_privilege(reader, held, 'SELECT') THEN
            EXECUTE format('GRANT SELECT ON %I TO %I', held, reader);
        END IF;
    END LOOP;
    IF NOT has_column_privilege(reader, 'campaign_person', 'area_path', 'SELECT') THEN
        EXECUTE format('GRANT SELECT (campaign_id, person_id, area_path) ON campaign_person TO %I', reader);
    END IF;
    IF NOT has_column_privilege(reader, 'side_rating', 'score', 'SELECT') THEN
        EXECUTE format('GRANT SELECT (incident_id, way, worker, department_code, area_path, score, attitude, efficiency, '
                       'quality, comment, rated_at) ON side_rating TO %I', reader);
    END IF;
    IF NOT has_column_privilege(reader, 'case_merge', 'incident_id', 'SELECT') THEN
        EXECUTE format('GRANT SELECT (incident_id) ON case_merge TO %I', reader);
    END IF;
    RETURN true;
END
$$;
