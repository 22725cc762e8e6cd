-- A second wall: whoever reads as points_reader sees only the orders and volunteers within the grants named for this
-- transaction, their own, those they serve, and what is offered to volunteers; nothing where nobody was named. The owner
-- of the tables writes and counts as before.

ALTER TABLE volunteer ENABLE ROW LEVEL SECURITY;
CREATE POLICY within_reach ON volunteer FOR SELECT USING (
    subject = nullif(current_setting('gridward.subject', true), '')
    OR EXISTS (SELECT FROM jsonb_array_elements(nullif(current_setting('gridward.grants', true), '')::jsonb) AS held
                WHERE area_path <@ (held ->> 0)::ltree)
);

ALTER TABLE service_order ENABLE ROW LEVEL SECURITY;
CREATE POLICY within_reach ON service_order FOR SELECT USING (
    owner = nullif(current_setting('gridward.subject', true), '')
    OR EXISTS (SELECT FROM jsonb_array_elements(nullif(current_setting('gridward.grants', true), '')::jsonb) AS held
                WHERE area_path <@ (held ->> 0)::ltree)
    OR EXISTS (SELECT FROM claim AS c
                WHERE c.order_id = service_order.id
                  AND c.volunteer = nullif(current_setting('gridward.subject', true), ''))
    OR state IN ('published', 'serving')
       AND EXISTS (SELECT FROM volunteer AS v WHERE v.subject = nullif(current_setting('gridward.subject', true), ''))
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
    IF NOT (has_table_privilege(reader, 'service_order', 'SELECT')
            AND has_column_privilege(reader, 'volunteer', 'area_path', 'SELECT')
            AND has_column_privilege(reader, 'claim', 'volunteer', 'SELECT')
            AND has_schema_privilege(reader, current_schema(), 'USAGE')) THEN
        EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', current_schema(), reader);
        EXECUTE format('GRANT SELECT ON service_order TO %I', reader);
        EXECUTE format('GRANT SELECT (subject, area_path) ON volunteer TO %I', reader);
        EXECUTE format('GRANT SELECT (order_id, volunteer) ON claim TO %I', reader);
    END IF;
    RETURN true;
END
$$;
COMMENT ON FUNCTION raise_wall() IS 'Lets the reading role read the tables that have policies; false where there is no such role';
