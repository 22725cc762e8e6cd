-- What somebody answers for and is to be told of: kept in the transaction in which it happened, told when the notices are there.

CREATE TABLE alert (
    id         uuid        PRIMARY KEY,
    occasion   text        NOT NULL CHECK (occasion IN ('stock_low', 'contact_overdue')),
    mark       text        NOT NULL,
    area_path  ltree       NOT NULL,
    roles      text[]      NOT NULL,
    subjects   text[]      NOT NULL,
    title      text        NOT NULL,
    title_en   text        NOT NULL,
    place      text        NOT NULL,
    count      integer     NOT NULL CHECK (count >= 0),
    made_at    timestamptz NOT NULL,
    told_at    timestamptz,
    UNIQUE (occasion, mark)
);
COMMENT ON TABLE alert IS 'Shelves that ran low and pairs out of touch, and when whoever answers for them was told';
COMMENT ON COLUMN alert.mark IS 'Tells alerts of one occasion apart; the notices keep it too, so that nobody is told twice';
CREATE INDEX alert_untold ON alert (made_at) WHERE told_at IS NULL;
