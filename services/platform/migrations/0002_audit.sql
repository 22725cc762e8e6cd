-- What was done with data that must be accounted for: only ever added to, each row chained to the one before.

CREATE TABLE audit (
    position   bigint      PRIMARY KEY,
    id         uuid        NOT NULL UNIQUE,
    at         timestamptz NOT NULL,
    who        text        NOT NULL,
    roles      text[]      NOT NULL,
    action     text        NOT NULL,
    target     text        NOT NULL,
    area_path  text        NOT NULL,
    purpose    text        NOT NULL,
    fields     text[]      NOT NULL,
    row_count  integer     NOT NULL CHECK (row_count >= 0),
    masked     boolean     NOT NULL,
    refused    text        NOT NULL,
    request_id text        NOT NULL,
    details    text        NOT NULL,
    content    bytea       NOT NULL CHECK (length(content) = 32),
    previous   bytea       NOT NULL,
    digest     bytea       NOT NULL
);
COMMENT ON TABLE audit IS 'Who did what with which data, when, where, why and with what outcome';
COMMENT ON COLUMN audit.refused IS 'Reason of the refusal; empty when it was granted';
COMMENT ON COLUMN audit.content IS 'SHA-256 of the columns before it, in the order and form that services.platform.audit gives them';
COMMENT ON COLUMN audit.digest IS 'SHA-256 of previous and content: altering, removing or slipping in a row breaks the chain';
CREATE INDEX audit_by_who ON audit (who, position);
CREATE INDEX audit_by_target ON audit (target, position);
CREATE INDEX audit_by_time ON audit (at);

CREATE TABLE audit_head (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    position bigint  NOT NULL,
    digest   bytea   NOT NULL
);
COMMENT ON TABLE audit_head IS 'The newest link of the chain; also makes writers take turns';
INSERT INTO audit_head (position, digest) VALUES (0, sha256('gridward audit'));

CREATE FUNCTION chain_audit() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    head audit_head;
BEGIN
    SELECT * INTO STRICT head FROM audit_head FOR UPDATE;
    NEW.position := head.position + 1;
    NEW.previous := head.digest;
    NEW.digest := sha256(head.digest || NEW.content);
    UPDATE audit_head SET position = NEW.position, digest = NEW.digest;
    RETURN NEW;
END
$$;
CREATE TRIGGER audit_is_chained BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION chain_audit();

CREATE FUNCTION refuse_changed_audit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit trail is only ever added to';
END
$$;
CREATE TRIGGER audit_stands BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION refuse_changed_audit();
CREATE TRIGGER audit_is_not_emptied BEFORE TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION refuse_changed_audit();
-- The second wall: even the owner of the table lacks the right, until somebody grants it on purpose.
REVOKE UPDATE, DELETE, TRUNCATE ON audit FROM PUBLIC, CURRENT_USER;
REVOKE DELETE, TRUNCATE, INSERT ON audit_head FROM PUBLIC, CURRENT_USER;
