-- name: read_lines
-- Every line of every case, case by case, with how many lines the case must have. What a line says is told field by
-- field, so that the text that was sealed is put together by the reader and not by the database.
SELECT i.id::text AS case_id, i.version, h.sequence, h.seal, h.at,
       ARRAY[h.incident_id::text, h.sequence::text, h.event, coalesce(h.from_state, ''), h.to_state, h.actor, h.role,
             h.receiver, h.opinion, h.opinion_en, (extract(epoch FROM h.at) * 1000000)::bigint::text,
             h.elapsed_s::text, h.overdue::text, h.evidence::text,
             coalesce((extract(epoch FROM h.deadline_at) * 1000000)::bigint::text, '')] AS says
  FROM incident AS i
  LEFT JOIN history AS h ON h.incident_id = i.id
 WHERE %(case_id)s::uuid IS NULL OR i.id = %(case_id)s::uuid
 ORDER BY i.id, h.sequence;
