-- Who was told of which order, so that nobody is told of it twice.

CREATE TABLE need_told (
    order_id  text        NOT NULL REFERENCES service_order (id),
    volunteer text        NOT NULL REFERENCES volunteer (subject),
    told_at   timestamptz NOT NULL,
    PRIMARY KEY (order_id, volunteer)
);
CREATE INDEX volunteer_by_skill ON volunteer USING gin (skills);
CREATE INDEX post_claim_by_post ON post_claim (post_id) WHERE released_at IS NULL;
