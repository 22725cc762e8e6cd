-- A shift taken over from somebody who was not there to offer it: the book keeps why.
ALTER TABLE shift_handover ADD COLUMN reason text NOT NULL DEFAULT '';
COMMENT ON COLUMN shift_handover.reason IS 'Not empty: taken over without an offer, and why';
