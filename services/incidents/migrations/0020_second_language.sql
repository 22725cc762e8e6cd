ALTER TABLE history ADD COLUMN opinion_en text NOT NULL DEFAULT '';
COMMENT ON COLUMN history.opinion_en IS 'What was said, in English, when it was said in both languages';
