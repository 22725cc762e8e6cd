-- Campaigns: everybody with a tag is reached once, by the way they like best, and by another when that fails.

CREATE TABLE campaign (
    id           uuid        PRIMARY KEY,
    title        text        NOT NULL,
    tag          text        NOT NULL,
    area_code    text        NOT NULL,
    area_path    ltree       NOT NULL,
    text         text        NOT NULL,
    started_by   text        NOT NULL,
    started_at   timestamptz NOT NULL,
    page_token   text        NOT NULL DEFAULT '',
    gathered_at  timestamptz
);
COMMENT ON TABLE campaign IS 'Something that everybody with a tag is to be told';
COMMENT ON COLUMN campaign.page_token IS 'How far registry has lent who is meant';
CREATE INDEX campaign_to_gather ON campaign (started_at) WHERE gathered_at IS NULL;

CREATE TABLE campaign_person (
    campaign_id uuid        NOT NULL REFERENCES campaign,
    person_id   text        NOT NULL,
    grid_code   text        NOT NULL,
    area_path   ltree       NOT NULL,
    phone       bytea       NOT NULL DEFAULT '',
    ways        text[]      NOT NULL CHECK (cardinality(ways) > 0),
    way         text        NOT NULL CHECK (way IN ('sms', 'call', 'visit')),
    state       text        NOT NULL CHECK (state IN ('trying', 'reached', 'missed')),
    notice_id   uuid,
    PRIMARY KEY (campaign_id, person_id)
);
COMMENT ON TABLE campaign_person IS 'Somebody who is meant: by which way they are tried now, or were reached';
COMMENT ON COLUMN campaign_person.phone IS 'Sealed, and forgotten once the person was reached or missed';
COMMENT ON COLUMN campaign_person.ways IS 'The way they like best first';
CREATE INDEX campaign_person_by_text ON campaign_person (campaign_id) WHERE state = 'trying' AND way = 'sms';
CREATE INDEX campaign_person_by_hand ON campaign_person (campaign_id, grid_code) WHERE state = 'trying' AND way <> 'sms';
