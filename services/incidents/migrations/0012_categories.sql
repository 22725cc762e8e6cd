-- Editions of the classes of components and events.

CREATE TABLE category_edition (
    version        integer     PRIMARY KEY CHECK (version > 0),
    title          text        NOT NULL,
    effective_from date        NOT NULL,
    created_by     text        NOT NULL,
    created_at     timestamptz NOT NULL
);
COMMENT ON TABLE category_edition IS 'Editions of the taxonomy; the one that comes with the program has no row';

CREATE TABLE category (
    version  integer NOT NULL REFERENCES category_edition,
    code     text    NOT NULL,
    name     text    NOT NULL,
    name_en  text    NOT NULL,
    limits   jsonb   NOT NULL,
    keywords text[]  NOT NULL,
    examples text[]  NOT NULL,
    retired  boolean NOT NULL,
    PRIMARY KEY (version, code)
);
COMMENT ON TABLE category IS 'The classes of each edition; an edition is never changed, a correction is a new one';
