-- Emergencies: what is different in an area while one lasts, and what was there before and comes back.

ALTER TABLE area ADD COLUMN mode jsonb;
COMMENT ON COLUMN area.mode IS 'The emergency in force here and what it switches; null in peace. Imports leave it as it is';

CREATE TABLE emergency (
    id                uuid        PRIMARY KEY,
    area_code         text        NOT NULL REFERENCES area (code),
    title             text        NOT NULL,
    reason            text        NOT NULL,
    opened_task_types text[]      NOT NULL,
    paused_task_types text[]      NOT NULL,
    roster            jsonb       NOT NULL,
    gave_way          jsonb       NOT NULL DEFAULT '[]',
    report_minutes    integer     NOT NULL CHECK (report_minutes >= 0),
    declared_by       text        NOT NULL,
    declared_at       timestamptz NOT NULL,
    until             timestamptz NOT NULL CHECK (until > declared_at),
    ended_at          timestamptz,
    ended_by          text        NOT NULL DEFAULT '',
    end_reason        text        NOT NULL DEFAULT ''
);
COMMENT ON COLUMN emergency.gave_way IS 'Shifts that gave way to the roster, and come back when it is over';
CREATE UNIQUE INDEX emergency_one_at_a_time ON emergency (area_code) WHERE ended_at IS NULL;
CREATE INDEX emergency_by_time ON emergency (declared_at DESC, id);
