-- Social organisations are told of needs as well; who was told need no longer be a volunteer.

ALTER TABLE need_told DROP CONSTRAINT need_told_volunteer_fkey;
COMMENT ON COLUMN need_told.volunteer IS 'Whoever was told: a volunteer, or the account of a social organisation';

CREATE TABLE organisations_asked (
    order_id text        PRIMARY KEY REFERENCES service_order (id),
    asked_at timestamptz NOT NULL
);
COMMENT ON TABLE organisations_asked IS 'Orders of which the organisations that fit were told, or for which there were none';
