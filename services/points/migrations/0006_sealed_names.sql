-- Names of volunteers are kept sealed; what is shown without being opened is the first character only. A name that
-- still lies open (from before, or from a process of the release before) is sealed by the service's next round.

ALTER TABLE volunteer
    ADD COLUMN masked_name text  NOT NULL DEFAULT '',
    ADD COLUMN sealed_name bytea NOT NULL DEFAULT '',
    ADD COLUMN name_index  bytea NOT NULL DEFAULT '',
    ALTER COLUMN name SET DEFAULT '';
COMMENT ON COLUMN volunteer.name IS 'Empty once the name is sealed';
COMMENT ON COLUMN volunteer.name_index IS 'A keyed digest of the whole name: finds it, and tells nothing';
UPDATE volunteer SET masked_name = left(name, 1) || repeat('*', greatest(char_length(name) - 1, 1));
DROP INDEX volunteer_by_name;
CREATE INDEX volunteer_by_shown_name ON volunteer (masked_name, subject);
CREATE INDEX volunteer_by_name_index ON volunteer (name_index) WHERE name_index <> '';
CREATE INDEX volunteer_name_open ON volunteer (subject) WHERE name <> '';

ALTER TABLE certificate
    ADD COLUMN sealed_name bytea NOT NULL DEFAULT '',
    ADD COLUMN masked_name text  NOT NULL DEFAULT '',
    ALTER COLUMN name SET DEFAULT '';
UPDATE certificate SET masked_name = left(name, 1) || repeat('*', greatest(char_length(name) - 1, 1));
CREATE INDEX certificate_name_open ON certificate (number) WHERE name <> '';
