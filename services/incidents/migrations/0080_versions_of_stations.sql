-- Who changes a question or an item of the council says which version was seen, so that nobody decides on something else.

ALTER TABLE legal_question ADD COLUMN version integer NOT NULL DEFAULT 1;
ALTER TABLE council_item ADD COLUMN version integer NOT NULL DEFAULT 1;
