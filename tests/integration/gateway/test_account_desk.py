"""Administrators look after accounts; each deed is on record, and nobody else may."""

from services.platform import audit, paging
from tests.integration.gateway.world import PASSWORD, World

NEW = {
    "login": "new.worker",
    "name": "新网格员",
    "kind": "staff",
    "subject": "staff:GW-1",
    "language": "zh",
    "password": "A7-kept-for-the-first-day",
}


async def enter(world: World, login: str, password: str, **more: str) -> int:
    async with world.client() as client:
        return (await client.post("/v1/session", json={"login": login, "password": password, **more})).status_code


async def test_an_account_is_taken_in_renewed_closed_and_opened_again(world: World) -> None:
    world.suite.hire("staff:chief", "system_admin")
    async with world.signed_in("chief") as client:
        assert (await client.post("/v1/accounts", json=NEW)).status_code == 201
        assert (await client.post("/v1/accounts", json=NEW)).json()["reason"] == "ACCOUNT_EXISTS"
        assert await enter(world, "new.worker", NEW["password"], newPassword="C9-known-to-me-alone") == 200
        found = (await client.get("/v1/accounts", params={"text": "新网格"})).json()["accounts"]
        assert [(each["login"], each["subject"], each["closed"]) for each in found] == [
            ("new.worker", "staff:GW-1", False)
        ]
        assert found[0]["seenAt"]
        renewed = await client.post("/v1/accounts/new.worker:renew", json={"password": "B8-another-one-entirely"})
        assert renewed.status_code == 204
        assert await enter(world, "new.worker", "C9-known-to-me-alone") == 401
        assert await enter(world, "new.worker", "B8-another-one-entirely", newPassword="D4-again-my-own-one") == 200
        assert (await client.post("/v1/accounts/new.worker:close")).status_code == 204
        assert await enter(world, "new.worker", "D4-again-my-own-one") == 401
        assert (await client.post("/v1/accounts/new.worker:open")).status_code == 204
        assert await enter(world, "new.worker", "D4-again-my-own-one") == 200
        assert (await client.post("/v1/accounts/nobody:close")).json()["reason"] == "ACCOUNT_UNKNOWN"
        assert (await client.post("/v1/accounts/chief:close")).json()["reason"] == "OWN_LOGIN"
        assert (await client.post("/v1/accounts/new.worker:melt")).json()["reason"] == "ADDRESS_UNKNOWN"
    async with world.gate.database.transaction() as transaction:
        rows = await audit.read(transaction, target="account:new.worker")
    assert {row.action for row in rows} >= {"account.take_in", "account.renew", "account.close", "account.open"}
    assert {row.who for row in rows if row.action != "account.password"} == {"staff:chief"}


async def test_a_page_of_accounts_leads_to_the_next(world: World) -> None:
    world.suite.hire("staff:chief", "system_admin")
    async with world.signed_in("chief") as client:
        everybody = (await client.get("/v1/accounts")).json()
        logins = [each["login"] for each in everybody["accounts"]]
        assert logins == sorted(logins)
        after = (await client.get("/v1/accounts", params={"after": logins[0], "kind": "staff"})).json()["accounts"]
        assert logins[0] not in {each["login"] for each in after}
        assert {each["kind"] for each in after} == {"staff"}
        odd = (await client.get("/v1/accounts", params={"text": "%"})).json()["accounts"]
        assert odd == []


async def test_who_is_no_administrator_sees_and_changes_nothing(world: World) -> None:
    async with world.signed_in("worker") as client:
        for verb, path in (
            ("GET", "/v1/accounts"),
            ("GET", "/v1/roles"),
            ("POST", "/v1/accounts"),
            ("POST", "/v1/accounts/chief:close"),
        ):
            answer = await client.request(verb, path)
            assert (answer.status_code, answer.json()["reason"]) == (403, "FORBIDDEN"), path
    assert await enter(world, "chief", PASSWORD) == 200


async def test_roles_are_told_as_the_suite_holds_to_them(world: World) -> None:
    world.suite.hire("staff:chief", "auditor")
    async with world.signed_in("chief") as client:
        told = {each["role"]: each["permissions"] for each in (await client.get("/v1/roles")).json()["roles"]}
        assert "accounts.write" in told["system_admin"]
        assert "accounts.write" not in told["auditor"]
        assert (await client.post("/v1/accounts", json=NEW)).status_code == 403


async def test_sign_ins_and_lists_taken_along_are_on_record_for_auditors_alone(world: World) -> None:
    async with world.signed_in("chief") as client:
        assert (await client.get("/cases.xlsx", params={"text": "井盖", "openOnly": "true"})).status_code == 200
        assert (await client.get("/v1/deeds")).status_code == 403
        world.suite.hire("staff:worker", "auditor")
    async with world.signed_in("worker") as client:
        rows = (await client.get("/v1/deeds")).json()["traces"]
        assert [(row["who"], row["action"]) for row in rows] == [
            ("staff:worker", "session.begin"), ("staff:chief", "cases.export"), ("staff:chief", "session.begin"),
        ]  # fmt: skip
        assert rows[1]["fields"] == ["openOnly", "text"]
        found = (await client.get("/v1/deeds", params={"who": "staff:chief", "action": "cases.export"})).json()
        assert (len(found["traces"]), found["nextPageToken"]) == (1, "")
        wrong = await client.get("/v1/deeds", params={"pageToken": paging.encode("x")})
        assert wrong.json()["reason"] == "PAGE_TOKEN_INVALID"
