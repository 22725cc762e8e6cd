-- Who may sign in, who has, and what was uploaded.

CREATE TABLE account (
    id            uuid        PRIMARY KEY,
    login         text        NOT NULL UNIQUE CHECK (login = lower(login) AND login <> ''),
    password_hash text,
    subject       text        NOT NULL UNIQUE,
    kind          text        NOT NULL CHECK (kind IN ('staff', 'resident', 'volunteer')),
    name          text        NOT NULL,
    name_en       text        NOT NULL,
    language      text        NOT NULL CHECK (language IN ('zh', 'en')),
    disabled      boolean     NOT NULL DEFAULT false,
    shown         boolean     NOT NULL DEFAULT false,
    created_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    changed_at    timestamptz NOT NULL DEFAULT now()
);
COMMENT ON COLUMN account.password_hash IS 'argon2id; absent for accounts that sign in elsewhere only';
COMMENT ON COLUMN account.shown IS 'offered on the sign-in page of a demonstration';
COMMENT ON COLUMN account.subject IS 'staff code, or resident:… or volunteer:…';

CREATE TABLE session (
    token_digest bytea       PRIMARY KEY,
    account_id   uuid        NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    created_at   timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    seen_at      timestamptz NOT NULL,
    agent_digest bytea       NOT NULL
);
COMMENT ON TABLE session IS 'Only a digest of each token is kept, so that a copy of this table opens nothing';
CREATE INDEX session_by_account ON session (account_id);
CREATE INDEX session_by_expiry ON session (expires_at);

CREATE TABLE sign_in (
    login_digest  bytea       PRIMARY KEY,
    failures      integer     NOT NULL,
    failed_at     timestamptz NOT NULL,
    blocked_until timestamptz NOT NULL
);
COMMENT ON TABLE sign_in IS 'Failed sign-ins by login, known or not, so that guessing slows down';
CREATE INDEX sign_in_by_age ON sign_in (failed_at);

CREATE TABLE single_sign_on (
    flow_digest bytea       PRIMARY KEY,
    state       jsonb       NOT NULL,
    expires_at  timestamptz NOT NULL
);
COMMENT ON TABLE single_sign_on IS 'Sign-ins under way at the issuer';

CREATE TABLE photo (
    object_key    text             PRIMARY KEY,
    original_key  text             NOT NULL,
    sha256        text             NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    content_type  text             NOT NULL,
    size_bytes    bigint           NOT NULL,
    width_px      integer          NOT NULL,
    height_px     integer          NOT NULL,
    taken_at      timestamptz,
    longitude_deg double precision,
    latitude_deg  double precision,
    uploaded_by   text             NOT NULL,
    uploaded_at   timestamptz      NOT NULL
);
COMMENT ON TABLE photo IS 'What a picture said about itself, kept apart from the picture that people see';
CREATE INDEX photo_by_digest ON photo (sha256);
