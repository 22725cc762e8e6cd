-- The light again, word for word, with a name for its first argument: pg_dump writes an argument without a name that is
-- used as $1 in a body like this one as "", which no server takes back.

CREATE OR REPLACE FUNCTION light(lit incident, moment timestamptz, red_sign_misses integer) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN CASE
        WHEN (lit).state = 'dispatched' AND (lit).sign_missed_count >= red_sign_misses THEN 'red'
        WHEN (lit).started_at IS NULL OR (lit).stopped_at <= (lit).deadline_at THEN 'green'
        WHEN coalesce((lit).stopped_at, (lit).paused_at, moment) >= (lit).red_at THEN 'red'
        WHEN coalesce((lit).stopped_at, (lit).paused_at, moment) >= (lit).yellow_at THEN 'yellow'
        ELSE 'green'
    END;
