-- Cameras that turn, and a few seconds of what was found.

ALTER TABLE camera ADD COLUMN sealed_control bytea NOT NULL DEFAULT '';
COMMENT ON COLUMN camera.sealed_control IS 'How it is sent to its presets, with name and password, sealed for this camera';

ALTER TABLE finding ADD COLUMN clip_evidence_id uuid REFERENCES evidence (id);
