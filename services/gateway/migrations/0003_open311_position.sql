-- How far the updates for other systems reach in the events of incidents.

CREATE TABLE open311_position (
    single   boolean PRIMARY KEY DEFAULT true CHECK (single),
    position bigint  NOT NULL
);
TRUNCATE open311_update;
INSERT INTO open311_position (position) VALUES (0);
