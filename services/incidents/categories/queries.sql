-- name: lock_editions
-- Two imports at once get two numbers.
LOCK TABLE category_edition IN SHARE ROW EXCLUSIVE MODE;

-- name: insert_edition
-- Stores an edition under the next number.
INSERT INTO category_edition (version, title, effective_from, created_by, created_at)
SELECT coalesce(max(e.version), 0) + 1, %(title)s, %(effective_from)s, %(created_by)s, %(created_at)s
  FROM category_edition AS e
RETURNING version;

-- name: insert_categories
-- The classes of an edition.
INSERT INTO category (version, code, name, name_en, limits, keywords, examples, retired)
SELECT %(version)s, c.code, c.name, c.name_en, c.limits, c.keywords, c.examples, c.retired
  FROM jsonb_to_recordset(%(categories)s::jsonb)
       AS c(code text, name text, name_en text, limits jsonb, keywords text[], examples text[], retired boolean);

-- name: list_editions
-- All stored editions, newest first.
SELECT e.version, e.title, e.effective_from, e.created_by,
       (SELECT count(*) FROM category AS c WHERE c.version = e.version) AS class_count
  FROM category_edition AS e
 ORDER BY e.version DESC;

-- name: read_categories
-- The classes of an edition, by code.
SELECT code, name, name_en, limits, keywords, examples, retired
  FROM category
 WHERE version = %(version)s
 ORDER BY code;
