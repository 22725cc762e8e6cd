"""Signing in and out, and what becomes of those who guess."""

import asyncio
from datetime import timedelta

import pytest
from gridward.incidents.v1 import incidents_pb2
from gridward.registry.v1 import staff_pb2

from services.gateway import store
from services.platform.clock import ManualClock
from tests.integration.gateway.world import PASSWORD, World

pytestmark = pytest.mark.asyncio


async def attempt(world: World, login: str, password: str) -> int:
    async with world.client() as client:
        return (await client.post("/v1/session", json={"login": login, "password": password})).status_code


async def test_a_program_signs_in_with_a_token_and_out_again(world: World) -> None:
    async with world.signed_in("chief") as client:
        me = (await client.get("/v1/session")).json()
        assert me["subject"] == "staff:chief"
        assert me["roles"] == [{"role": "duty_chief", "title": "值班长", "areaPath": "999100", "departmentCode": ""}]
        assert "incidents.read" in me["permissions"]
        assert (await client.delete("/v1/session")).status_code == 204
        again = await client.get("/v1/session")
        assert again.status_code == 401
        assert again.json()["reason"] == "UNAUTHENTICATED"


async def test_a_page_signs_in_with_a_cookie_no_script_can_read(world: World) -> None:
    async with world.client(**{"x-gridward-client": "page"}) as client:
        answer = await client.post("/v1/session", json={"login": "chief", "password": PASSWORD})
        assert "token" not in answer.json()
        cookie = answer.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        assert (await client.get("/v1/session")).json()["login"] == "chief"


async def test_a_cookie_alone_changes_nothing(world: World) -> None:
    async with world.client() as client:
        answer = await client.post(
            "/v1/session", json={"login": "chief", "password": PASSWORD}, headers={"x-gridward-client": "page"}
        )
        assert answer.status_code == 200
        forged = await client.post("/v1/cases", json={}, headers={"sec-fetch-site": "cross-site"})
        assert forged.status_code == 403
        assert forged.json()["reason"] == "CROSS_SITE_REFUSED"
        assert (await client.post("/v1/cases", json={})).status_code == 403
        assert (await client.delete("/v1/session", headers={"sec-fetch-site": "cross-site"})).status_code == 403
        assert (await client.get("/v1/session", headers={"sec-fetch-site": "cross-site"})).status_code == 200


async def test_nobody_is_signed_in_from_another_site(world: World) -> None:
    async with world.client(**{"sec-fetch-site": "cross-site"}) as client:
        answer = await client.post("/v1/session", json={"login": "chief", "password": PASSWORD})
        assert answer.json()["reason"] == "CROSS_SITE_REFUSED"
        assert "set-cookie" not in answer.headers


async def test_a_wrong_password_and_an_unknown_login_look_the_same(world: World) -> None:
    async with world.client() as client:
        wrong = await client.post("/v1/session", json={"login": "chief", "password": "x"})
        unknown = await client.post("/v1/session", json={"login": "nobody", "password": "x"})
        assert wrong.status_code == unknown.status_code == 401
        assert {**wrong.json(), "request_id": ""} == {**unknown.json(), "request_id": ""}
        assert wrong.json()["message"] == "账号或口令不对。"


async def test_an_unknown_login_costs_as_much_work_as_a_known_one(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str | None] = []
    matches = world.gate.door.passwords.matches

    async def counted(password_hash: str | None, password: str) -> bool:
        seen.append(password_hash)
        return await matches(password_hash, password)

    monkeypatch.setattr(world.gate.door.passwords, "matches", counted)
    await attempt(world, "nobody", "x")
    await attempt(world, "chief", "x")
    assert seen[0] is None
    assert len(seen) == 2


async def test_five_failures_close_the_door_for_a_while_and_longer_each_time(
    still_world: World, manual_clock: ManualClock
) -> None:
    world = still_world
    for _ in range(5):
        assert await attempt(world, "chief", "wrong") == 401
    assert await attempt(world, "chief", PASSWORD) == 429
    manual_clock.advance(timedelta(seconds=16))
    assert await attempt(world, "chief", "wrong") == 401
    manual_clock.advance(timedelta(seconds=16))
    assert await attempt(world, "chief", PASSWORD) == 429
    manual_clock.advance(timedelta(seconds=16))
    assert await attempt(world, "chief", PASSWORD) == 200
    for _ in range(4):
        assert await attempt(world, "chief", "wrong") == 401
    assert await attempt(world, "chief", PASSWORD) == 200


async def test_of_two_attempts_at_once_neither_blocks_the_other(world: World) -> None:
    lockout, now = world.gate.door.strictness.lockout, world.gate.clock.now()
    for late_s in (0.0, 0.2):
        async with world.gate.database.transaction() as transaction:
            looked = now - timedelta(seconds=late_s)
            assert await store.count_attempt(transaction, b"somebody", now=looked, lockout=lockout) == 0.0


async def test_an_unknown_login_is_blocked_as_a_known_one(still_world: World) -> None:
    async with still_world.client(**{"accept-language": "zh"}) as client:
        for _ in range(5):
            await client.post("/v1/session", json={"login": "nobody", "password": "x"})
        answer = await client.post("/v1/session", json={"login": "nobody", "password": "x"})
        assert answer.status_code == 429
        assert answer.json()["reason"] == "SIGN_IN_BLOCKED"
        assert answer.headers["retry-after"] == "15"
        assert "15 秒" in answer.json()["message"]


async def test_guessing_in_parallel_does_not_help(still_world: World) -> None:
    codes = await asyncio.gather(*(attempt(still_world, "chief", "wrong") for _ in range(12)))
    assert sorted(codes) == [401] * 5 + [429] * 7


async def test_a_session_ends_by_itself(still_world: World, manual_clock: ManualClock) -> None:
    async with still_world.signed_in("chief") as client:
        assert (await client.get("/v1/session")).status_code == 200
        manual_clock.advance(timedelta(hours=5))
        still_world.gate.visitors._sessions.clear()
        assert (await client.get("/v1/session")).status_code == 401


async def test_a_session_that_is_used_lasts_but_not_for_ever(still_world: World, manual_clock: ManualClock) -> None:
    async with still_world.signed_in("chief") as client:
        for hour in range(13):
            still_world.gate.visitors._sessions.clear()
            assert (await client.get("/v1/session")).status_code == (200 if hour < 12 else 401)
            manual_clock.advance(timedelta(hours=1))


async def test_a_closed_account_is_out_at_once(world: World) -> None:
    async with world.signed_in("resident") as client:
        assert (await client.get("/v1/session")).status_code == 200
        async with world.gate.database.transaction() as transaction:
            assert await store.disable_account(transaction, "resident", disabled=True)
        world.gate.visitors._sessions.clear()
        assert (await client.get("/v1/session")).status_code == 401
    assert await attempt(world, "resident", PASSWORD) == 401


async def test_only_a_digest_of_the_token_is_kept(world: World) -> None:
    token = await world.token("chief")
    async with world.gate.database.connection() as connection:
        rows = await (await connection.execute("SELECT token_digest::text AS kept FROM session")).fetchall()
    assert rows
    assert all(token not in row["kept"] for row in rows)


async def test_rights_follow_the_posts_held(world: World) -> None:
    async with world.signed_in("worker") as client:
        await client.get("/v1/cases")
        _, caller = world.suite.asked.last(incidents_pb2.ListCasesRequest)
        assert caller.subject == "staff:worker"
        assert [grant.role for grant in caller.grants] == ["grid_worker"]
        world.suite.dismiss("staff:worker")
        world.gate.visitors._grants.clear()
        refused = await client.get("/v1/cases")
        assert refused.status_code == 403
        assert refused.json()["reason"] == "FORBIDDEN"
    request, asker = world.suite.asked.last(staff_pb2.ListGrantsRequest)
    assert request.staff_code == "staff:worker"
    assert asker.subject == "service:gateway"


async def test_residents_and_volunteers_have_no_posts_but_a_role(world: World) -> None:
    for login in ("resident", "volunteer"):
        async with world.signed_in(login) as client:
            me = (await client.get("/v1/session")).json()
            assert [role["role"] for role in me["roles"]] == [login]
            assert not me["watchesArea"]


async def test_known_rights_hold_a_moment_while_registry_restarts(world: World) -> None:
    async with world.signed_in("worker") as client:
        assert (await client.get("/v1/cases")).status_code == 200
        await world.suite._processes[0].stop()
        world.gate.visitors._grants["staff:worker"] = (
            world.gate.visitors._grants["staff:worker"][0] - 10,
            world.gate.visitors._grants["staff:worker"][1],
        )
        assert (await client.get("/v1/cases")).status_code == 200
        answer = await client.get("/v1/departments")
        assert answer.status_code == 503
        assert answer.json()["message"].startswith("基础信息服务暂时不可用")


async def test_the_language_chosen_on_a_page_is_kept(world: World) -> None:
    async with world.client() as client:
        answer = await client.get("/language/en", params={"next": "/sign-in"})
        assert answer.status_code == 303
        assert answer.headers["location"] == "/sign-in"
        assert "Demo" in (page := (await client.get("/sign-in")).text) or "Sign in" in page
        refused = await client.post("/v1/session", json={"login": "x", "password": "y"})
        assert refused.json()["message"] == "The login or the password is not right."


async def test_importing_the_same_accounts_again_changes_nothing_but_what_differs(world: World) -> None:
    from services.gateway.actions import import_accounts
    from tests.integration.gateway.world import account_rows

    rows = account_rows()
    rows[0] = {**rows[0], "name": "新值班长", "password": ""}
    gate = world.gate
    strictness, now = gate.door.strictness, gate.clock.now()
    count = await import_accounts(gate.database, gate.door.passwords, rows, strictness=strictness, now=now)
    assert count == len(rows)
    async with world.signed_in("chief") as client:
        assert (await client.get("/v1/session")).json()["name"] == "新值班长"


async def test_what_has_ended_is_cleared_away(still_world: World, manual_clock: ManualClock) -> None:
    await still_world.token("chief")
    await attempt(still_world, "nobody", "x")
    manual_clock.advance(timedelta(hours=24))
    await still_world.gate.door.clear_over()
    async with still_world.gate.database.connection() as connection:
        left = await (
            await connection.execute("SELECT (SELECT count(*) FROM session) + (SELECT count(*) FROM sign_in) AS n")
        ).fetchone()
    assert left is not None
    assert left["n"] == 0
