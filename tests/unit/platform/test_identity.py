"""Who may speak for whom."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, OKPKey

from services.platform.clock import ManualClock
from services.platform.errors import Forbidden, Unauthenticated
from services.platform.identity import (
    ALGORITHM,
    AUDIENCE,
    TOKEN_TYPE,
    Caller,
    Grant,
    TokenSigner,
    TokenVerifier,
    allows,
    service_caller,
)
from tests.support.tokens import TestTokens

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)


def verifier(tokens: TestTokens, at: datetime = NOW) -> TokenVerifier:
    made = TokenVerifier.from_file(tokens.trust_file)
    made.clock = ManualClock(at)
    return made


def signer(tokens: TestTokens, process: str = "gateway") -> TokenSigner:
    key = OKPKey.import_key(json.loads(tokens.key_file(process).read_text()))
    return TokenSigner(key, ManualClock(NOW))


def test_a_token_says_again_who_was_signed_in(tokens: TestTokens) -> None:
    caller = Caller(
        subject="staff:GW-1",
        grants=(
            Grant(role="grid_worker", area_path="999100.999102"),
            Grant(role="handler", area_path="999100", department_code="D09"),
        ),
        language="en",
        purpose="patrol",
    )
    assert verifier(tokens).verify(signer(tokens).sign(caller)) == caller


def test_an_expired_token_is_refused(tokens: TestTokens) -> None:
    token = signer(tokens).sign(tokens.caller("resident", "999100"), life_s=60)
    with pytest.raises(Unauthenticated):
        verifier(tokens, NOW + timedelta(seconds=61)).verify(token)


def test_a_remembered_token_still_expires(tokens: TestTokens) -> None:
    token = signer(tokens).sign(tokens.caller("resident", "999100"), life_s=60)
    checking = verifier(tokens)
    checking.verify(token)
    checking.clock = ManualClock(NOW + timedelta(seconds=61))
    with pytest.raises(Unauthenticated):
        checking.verify(token)


@pytest.mark.parametrize(
    "change",
    [{"aud": "elsewhere"}, {"iss": "incidents"}, {"exp": int(NOW.timestamp()) + 10**6}, {"exp": "soon"}],
    ids=["audience", "issuer", "too long a life", "no number"],
)
def test_a_token_with_an_odd_claim_is_refused(tokens: TestTokens, change: dict[str, object]) -> None:
    key = OKPKey.import_key(json.loads(tokens.key_file("gateway").read_text()))
    claims = {"iss": "gateway", "aud": AUDIENCE, "sub": "resident:1", "exp": int(NOW.timestamp()) + 60, "grants": []}
    token = jwt.encode(
        {"alg": ALGORITHM, "kid": "gateway", "typ": TOKEN_TYPE}, {**claims, **change}, key, algorithms=[ALGORITHM]
    )
    with pytest.raises(Unauthenticated):
        verifier(tokens).verify(token)


def test_a_token_signed_with_the_public_key_as_a_secret_is_refused(tokens: TestTokens) -> None:
    secret = OctKey.import_key(tokens.trust_file.read_bytes())
    claims = {"iss": "gateway", "aud": AUDIENCE, "sub": "resident:1", "exp": int(NOW.timestamp()) + 60, "grants": []}
    token = jwt.encode({"alg": "HS256", "kid": "gateway", "typ": TOKEN_TYPE}, claims, secret)
    with pytest.raises(Unauthenticated):
        verifier(tokens).verify(token)


@pytest.mark.parametrize("rubbish", ["", "a.b.c", "eyJhbGciOiJub25lIn0.e30.", "x" * 5000])
def test_rubbish_is_refused(tokens: TestTokens, rubbish: str) -> None:
    with pytest.raises(Unauthenticated):
        verifier(tokens).verify(rubbish)


def test_only_the_gateway_speaks_for_people(tokens: TestTokens) -> None:
    with pytest.raises(Forbidden):
        verifier(tokens).verify(signer(tokens, "video").sign(tokens.caller("duty_chief", "999100")))


def test_no_process_speaks_for_another(tokens: TestTokens) -> None:
    with pytest.raises(Forbidden):
        verifier(tokens).verify(signer(tokens, "video").sign(service_caller("points")))
    with pytest.raises(Forbidden):
        verifier(tokens).verify(signer(tokens, "gateway").sign(service_caller("points")))


def test_the_host_speaks_for_plugins_but_not_as_more(tokens: TestTokens) -> None:
    plugin = Caller(subject="plugin:roads", grants=(Grant(role="plugin", area_path="", department_code="D09"),))
    assert verifier(tokens).verify(signer(tokens, "host").sign(plugin)) == plugin
    mighty = Caller(subject="plugin:roads", grants=(Grant(role="system_admin", area_path=""),))
    with pytest.raises(Forbidden):
        verifier(tokens).verify(signer(tokens, "host").sign(mighty))


def test_a_resident_may_see_only_what_is_his_own() -> None:
    resident = TestTokens.caller("resident", "999100")
    scope = resident.scope("incidents.read")
    assert resident.permits("incidents.read")
    assert scope.own
    assert scope.area_paths == ()


def test_an_auditor_reads_but_does_not_act() -> None:
    assert allows("auditor", "incidents.read")
    assert not allows("auditor", "incidents.advance")
    assert not allows("nobody_knows_this_role", "incidents.read")


def test_a_grant_at_two_places_gives_two_scopes() -> None:
    caller = Caller(
        subject="s",
        grants=(
            Grant(role="department_specialist", area_path="999100", department_code="D09"),
            Grant(role="grid_worker", area_path="999100.999102"),
            Grant(role="data_steward", area_path="999100"),
        ),
    )
    scope = caller.scope("incidents.read")
    assert scope.area_paths == ("999100", "999100.999102")
    assert scope.departments == ("D09", "")
