-- Cameras are changed by people now: each change counts. Holds say since when they are. A clip follows a person's flag.

ALTER TABLE camera ADD COLUMN version integer NOT NULL DEFAULT 1;
CREATE INDEX camera_by_gb_code ON camera (gb_code) WHERE gb_code <> '';

ALTER TABLE evidence ADD COLUMN held_at timestamptz;
CREATE INDEX evidence_held ON evidence (held_at, id) WHERE held;
CREATE INDEX evidence_of_clips ON finding (clip_evidence_id) WHERE clip_evidence_id IS NOT NULL;

CREATE UNIQUE INDEX filing_clip_once ON filing (about) WHERE kind = 'clip';

CREATE INDEX snapshot_by_time ON snapshot (taken_at);
