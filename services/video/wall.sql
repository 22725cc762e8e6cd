-- name: look_cameras
-- The cameras among these that are to be seen.
SELECT id FROM camera WHERE id = ANY (%(ids)s::text[]);

-- name: look_findings
SELECT id FROM finding WHERE id = ANY (%(ids)s::uuid[]);

-- name: look_evidence
SELECT id FROM evidence WHERE id = ANY (%(ids)s::uuid[]);

-- name: look_snapshots
SELECT id FROM snapshot WHERE id = ANY (%(ids)s::uuid[]);
