-- Counts are made behind the wall whole, over all that is open or lies in a span: so the grants are read once for each
-- statement and no longer once for each row, and whom a case was passed to is asked only where somebody, or a department,
-- is named. What is shown is the same as before.

CREATE FUNCTION grants_held() RETURNS TABLE (area text, department text) LANGUAGE sql STABLE AS $$
    SELECT held ->> 0, held ->> 1
      FROM jsonb_array_elements(nullif(current_setting('gridward.grants', true), '')::jsonb) AS held
$$;
COMMENT ON FUNCTION grants_held() IS 'The grants named for this transaction';

ALTER POLICY within_reach ON incident USING (
    area_path <@ ANY (ARRAY(SELECT held.area::ltree FROM grants_held() AS held WHERE held.department = ''))
    OR department_code = ANY (ARRAY(SELECT held.department FROM grants_held() AS held WHERE held.department <> ''))
       AND EXISTS (SELECT FROM grants_held() AS held
                    WHERE held.department = department_code AND area_path <@ held.area::ltree)
    OR nullif(current_setting('gridward.subject', true), '') IN (reporter, handler, checker)
    OR (SELECT nullif(current_setting('gridward.subject', true), '') IS NOT NULL
            OR EXISTS (SELECT FROM grants_held() AS held WHERE held.department <> ''))
       AND EXISTS (SELECT FROM part AS p
                    WHERE p.incident_id = incident.id
                      AND (nullif(current_setting('gridward.subject', true), '') IN (p.receiver, p.holder)
                           OR EXISTS (SELECT FROM grants_held() AS held
                                       WHERE held.department <> '' AND held.department IN (p.receiver, p.holder))))
);
