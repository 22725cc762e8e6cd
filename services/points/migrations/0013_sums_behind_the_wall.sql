-- Sums and lists are made behind the wall whole as well: stars of buildings, allowances, alliances and their sessions.
-- Whoever reads as points_reader sees of teams and alliances what lies within the grants named for this transaction, of
-- services those that were ordered there or given by people of teams there, and nothing where nobody was named.

CREATE FUNCTION areas_held() RETURNS SETOF ltree LANGUAGE sql STABLE AS $$
    SELECT (held ->> 0)::ltree
      FROM jsonb_array_elements(nullif(current_setting('gridward.grants', true), '')::jsonb) AS held
$$;
COMMENT ON FUNCTION areas_held() IS 'The areas of the grants named for this transaction';

-- Asked as the owner: the policy of orders asks for claims, and would else be asked in turn for ever.
CREATE FUNCTION ordered_within_grants(asked text) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path FROM CURRENT AS $$
    SELECT EXISTS (SELECT FROM service_order AS o WHERE o.id = asked AND o.area_path <@ ANY (ARRAY(SELECT areas_held())))
$$;
COMMENT ON FUNCTION ordered_within_grants(text) IS 'Whether an order lies within the grants named for this transaction';
ALTER TABLE team ENABLE ROW LEVEL SECURITY;
CREATE POLICY within_reach ON team FOR SELECT USING (area_path <@ ANY (ARRAY(SELECT areas_held())));
ALTER TABLE team_member ENABLE ROW LEVEL SECURITY;
CREATE POLICY within_reach ON team_member FOR SELECT USING (team IN (SELECT t.code FROM team AS t));
ALTER TABLE claim ENABLE ROW LEVEL SECURITY;
CREATE POLICY within_reach ON claim FOR SELECT USING (
    volunteer = nullif(current_setting('gridward.subject', true), '')
    OR volunteer IN (SELECT m.subject FROM team_member AS m)
    OR ordered_within_grants(order_id)
);
ALTER TABLE alliance ENABLE ROW LEVEL SECURITY;
CREATE POLICY within_reach ON alliance FOR SELECT USING (area_path <@ ANY (ARRAY(SELECT areas_held())));
ALTER TABLE alliance_session ENABLE ROW LEVEL SECURITY;
CREATE POLICY within_reach ON alliance_session FOR SELECT USING (alliance IN (SELECT a.code FROM alliance AS a));

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
    FOREACH held IN ARRAY ARRAY['service_order', 'team', 'team_member', 'alliance', 'alliance_session'] LOOP
        IF NOT has_table_privilege(reader, held, 'SELECT') THEN
            EXECUTE format('GRANT SELECT ON %I TO %I', held, reader);
        END IF;
    END LOOP;
    IF NOT has_column_privilege(reader, 'volunteer', 'area_path', 'SELECT') THEN
        EXECUTE format('GRANT SELECT (subject, area_path) ON volunteer TO %I', reader);
    END IF;
    IF NOT has_column_privilege(reader, 'claim', 'served_on', 'SELECT') THEN
        EXECUTE format('GRANT SELECT (order_id, volunteer, state, claimed_at, minutes, served_on) ON claim TO %I', reader);
    END IF;
    RETURN true;
END
$$;
