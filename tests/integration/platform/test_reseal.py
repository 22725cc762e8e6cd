"""After a change of keys nothing is left under the old one, whatever service sealed it, and nobody had to stop for it."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest
from structlog.testing import capture_logs

from services.gateway import sealed as in_gateway
from services.gateway.domain import Account, AccountKind
from services.gateway.second_factor import actions as second_factor
from services.incidents import sealed as in_incidents
from services.incidents.campaigns.texting import phone_place
from services.incidents.notices.contacts import KIND
from services.incidents.notices.incoming import PHONE_PLACE
from services.incidents.notices.sending import WEBHOOK_SECRET
from services.platform.database import open_database
from services.platform.reseal import Resealing
from services.platform.seal import KeyRing, Sealer
from services.video import sealed as in_video
from services.video.store import cameras
from tests.conftest import MakeDatabase

ID = UUID("0190f3a0-0000-7000-8000-000000000001")
ACCOUNT = Account(
    id=ID, login="x", subject="staff:x", kind=AccountKind.STAFF, name="", name_en="", language="zh"
)  # fmt: skip

SHELVES = {"incidents": in_incidents.SHELVES, "video": in_video.SHELVES, "gateway": in_gateway.SHELVES}
#: Of each service: what fills a table with one sealed value, what reads it, and the place the service's own code names.
SEALED = {
    "incidents": [
        (
            "INSERT INTO contact VALUES ('resident:1', %(sealed)s, '', true, 'zh', now())",
            "SELECT phone AS sealed FROM contact WHERE subject = 'resident:1'",
            f"{KIND}:resident:1",
        ),
        (
            "INSERT INTO sms_received VALUES ('m1', %(sealed)s, '', '', '', now())",
            "SELECT phone AS sealed FROM sms_received",
            f"{PHONE_PLACE}:m1",
        ),
        (
            "INSERT INTO webhook VALUES (%(id)s, 'https://x', %(sealed)s, '{}', '', '', 'x', now())",
            "SELECT secret AS sealed FROM webhook",
            f"{WEBHOOK_SECRET}:{ID}",
        ),
        (
            (
                "WITH started AS (INSERT INTO campaign VALUES (%(id)s, '', '', '', 'a', '', 'x', now()) RETURNING id) "
                "INSERT INTO campaign_person SELECT id, 'p:1', '', 'a', %(sealed)s, '{sms}', 'sms', 'trying' FROM started"
            ),
            "SELECT phone AS sealed FROM campaign_person",
            phone_place(str(ID), "p:1"),
        ),
    ],
    "video": [
        (
            (
                "INSERT INTO camera (id, gb_code, name, longitude_deg, latitude_deg, accuracy_m, grid_code, area_path, "
                "road_segment, owner_department, stream_address, azimuth_deg, sealed_address) "
                "VALUES ('CAM001', '', '', 0, 0, 0, '', 'a', '', '', '', 0, %(sealed)s)"
            ),
            "SELECT sealed_address AS sealed FROM camera WHERE id = 'CAM001'",
            cameras._seal_place("CAM001"),
        ),
        (
            (
                "INSERT INTO camera (id, gb_code, name, longitude_deg, latitude_deg, accuracy_m, grid_code, area_path, "
                "road_segment, owner_department, stream_address, azimuth_deg, sealed_control) "
                "VALUES ('CAM002', '', '', 0, 0, 0, '', 'a', '', '', '', 0, %(sealed)s)"
            ),
            "SELECT sealed_control AS sealed FROM camera WHERE id = 'CAM002'",
            cameras._control_place("CAM002"),
        ),
    ],
    "gateway": [
        (
            (
                "WITH made AS (INSERT INTO account (id, login, subject, kind, name, name_en, language) "
                "VALUES (%(id)s, 'x', 'staff:x', 'staff', '', '', 'zh') RETURNING id) "
                "INSERT INTO second_factor (account_id, sealed_secret) SELECT id, %(sealed)s FROM made"
            ),
            "SELECT sealed_secret AS sealed FROM second_factor",
            second_factor._place(ACCOUNT),
        ),
    ],
}


@pytest.mark.parametrize("service", SEALED)
async def test_a_new_key_reseals_everything_a_service_sealed_and_the_old_one_is_needed_no_more(
    make_database: MakeDatabase, service: str
) -> None:
    old = KeyRing.fresh()
    ring = old.rotated()
    before, both = Sealer(old), Sealer(ring)
    alone = Sealer(replace(ring, keys={ring.current: ring.keys[ring.current]}))
    shelves = SHELVES[service]
    assert len(shelves) == len(SEALED[service]), "one example for each shelf"
    database = await open_database(make_database(service), service=service)
    try:
        async with database.transaction() as transaction:
            for fill, _, place in SEALED[service]:
                sealed = before.seal("13900000001", place=place)
                await transaction.execute(fill.encode(), {"id": ID, "sealed": sealed})
        resealing = Resealing(database, both, shelves)
        with capture_logs() as said:
            assert await resealing.reseal() == len(shelves)
            assert await resealing.reseal() == 0
        assert said == []
        async with database.connection() as connection:
            for _, read, place in SEALED[service]:
                row = await (await connection.execute(read.encode())).fetchone()
                assert row is not None
                assert alone.open(bytes(row["sealed"]), place=place) == "13900000001"
    finally:
        await database.close()


async def test_what_does_not_open_is_said_and_holds_up_nothing_else(make_database: MakeDatabase) -> None:
    old = KeyRing.fresh()
    database = await open_database(make_database("incidents"), service="incidents")
    try:
        async with database.transaction() as transaction:
            for subject in ("a", "b", "c"):
                sealer = Sealer(KeyRing.fresh()) if subject == "b" else Sealer(old)
                sealed = sealer.seal("13900000001", place=f"{KIND}:{subject}")
                fill = b"INSERT INTO contact VALUES (%(subject)s, %(sealed)s, '', true, 'zh', now())"
                await transaction.execute(fill, {"subject": subject, "sealed": sealed})
        with capture_logs() as said:
            assert await Resealing(database, Sealer(old.rotated()), SHELVES["incidents"]).reseal() == 2
        assert [(line["event"], line["shelf"]) for line in said] == [("reseal_broken", "contacts")]
    finally:
        await database.close()
