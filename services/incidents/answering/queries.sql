-- name: keep_answers
UPDATE dossier SET form_answers = %(form_answers)s WHERE incident_id = %(id)s;
