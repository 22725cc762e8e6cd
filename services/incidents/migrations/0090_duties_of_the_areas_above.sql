-- A published duty of an area is seen, and worked, by whoever works in any part of it; so the second wall shows it too.

CREATE POLICY of_an_area_above ON duty FOR SELECT USING (
    published_at IS NOT NULL
    AND EXISTS (SELECT FROM jsonb_array_elements(nullif(current_setting('gridward.grants', true), '')::jsonb) AS held
                 WHERE held ->> 1 = '' AND (held ->> 0)::ltree <@ area_path));
