-- The book of shift handovers: what somebody left in hand, to whom, with which words, and who took it over.
CREATE TABLE shift_handover (
    id              uuid        PRIMARY KEY,
    from_staff      text        NOT NULL,
    to_staff        text        NOT NULL DEFAULT '',
    role            text        NOT NULL,
    area_path       ltree       NOT NULL,
    department_code text        NOT NULL DEFAULT '',
    note            text        NOT NULL DEFAULT '',
    standings       jsonb       NOT NULL,
    in_hand_count   integer     NOT NULL,
    offered_at      timestamptz NOT NULL,
    taken_by        text        NOT NULL DEFAULT '',
    taken_at        timestamptz,
    moved_count     integer     NOT NULL DEFAULT 0,
    left_count      integer     NOT NULL DEFAULT 0,
    withdrawn_at    timestamptz,
    CHECK (taken_at IS NULL OR withdrawn_at IS NULL)
);
COMMENT ON COLUMN shift_handover.to_staff IS 'Empty: whoever comes next at the same desk';
CREATE UNIQUE INDEX shift_handover_waiting ON shift_handover (from_staff) WHERE taken_at IS NULL AND withdrawn_at IS NULL;
CREATE INDEX shift_handover_by_desk ON shift_handover (role, department_code, offered_at);
CREATE INDEX shift_handover_by_giver ON shift_handover (from_staff, offered_at);
CREATE INDEX shift_handover_by_taker ON shift_handover (taken_by, offered_at) WHERE taken_by <> '';
