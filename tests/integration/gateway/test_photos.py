"""Photos are kept apart from what people see of them."""

import hashlib
from datetime import timedelta

import pytest
from gridward.incidents.v1 import incidents_pb2

from services.gateway import pictures, transcode, uploads
from services.platform.clock import ManualClock
from tests.integration.gateway.fakes import a_case
from tests.integration.gateway.world import World
from tests.unit.gateway.test_pictures import GPS, drawn, exif_of

PHOTO = drawn(size=(2000, 1500), exif=exif_of("2026:03:02 10:00:00", "+08:00", GPS))


async def test_a_photo_becomes_evidence_that_fits_into_a_report(world: World) -> None:
    async with world.signed_in("resident") as client:
        answer = await client.post("/v1/photos", params={"kind": "scene"}, content=PHOTO)
        assert answer.status_code == 201
        evidence = answer.json()
        assert evidence["sha256"] == hashlib.sha256(PHOTO).hexdigest()
        assert evidence["contentType"] == "image/jpeg"
        assert evidence["kind"] == "EVIDENCE_KIND_SCENE"
        assert evidence["takenAt"] == "2026-03-02T02:00:00Z"
        assert evidence["takenWhere"]["latitudeDeg"] == pytest.approx(38.5903833)
        assert evidence["sizeBytes"] == str(len(PHOTO))
        report = {"description": "x", "point": {"longitudeDeg": 119.8, "latitudeDeg": 38.6}, "evidence": [evidence]}
        assert (await client.post("/v1/cases", json={"requestId": "photo-0001", "report": report})).status_code == 200
    request, _ = world.suite.asked.last(incidents_pb2.ReportIncidentRequest)
    assert request.report.evidence[0].object_key == evidence["objectKey"]


async def test_people_see_a_clean_copy_and_never_the_original(world: World) -> None:
    async with world.signed_in("resident") as client:
        evidence = (await client.post("/v1/photos", content=PHOTO)).json()
        shown = await client.get(f"/v1/evidence/{evidence['objectKey']}")
        small = await client.get(f"/v1/evidence/{evidence['objectKey']}", params={"size": "small"})
        assert shown.headers["content-type"] == small.headers["content-type"] == "image/webp"
        assert len(small.content) < len(shown.content)
        assert b"SECRETPHONE" not in shown.content + small.content
        original = evidence["objectKey"].replace("photos/", "originals/").replace(".webp", ".jpg")
        kept, _ = await world.gate.uploads.objects.get(original)
        assert kept == PHOTO
        for key in (
            original,
            f"./{original}",
            f"photos/../{original}",
            f"/{original}",
            f"photos//../{original}",
            "%2e%2e/x",
        ):
            assert (await client.get(f"/v1/evidence/{key}")).status_code == 404, key
        assert (await client.get("/v1/evidence/photos/2026/03/nothing.webp")).json()["reason"] == "EVIDENCE_UNKNOWN"


async def test_a_picture_without_a_small_copy_is_shown_as_it_is(world: World) -> None:
    await world.gate.uploads.objects.put("snapshots/one.webp", b"a picture", "image/webp")
    lent = world.gate.seals.lend_to("staff:chief", "snapshots/one.webp", now=world.gate.clock.now())
    async with world.signed_in("chief") as client:
        assert (await client.get(f"/v1/evidence/snapshots/one.webp?size=small&{lent}")).content == b"a picture"


async def test_who_may_read_a_case_may_read_its_evidence_and_nobody_else(world: World) -> None:
    async with world.signed_in("worker") as worker:
        evidence = (await worker.post("/v1/photos", content=PHOTO)).json()
        key = f"/v1/evidence/{evidence['objectKey']}"
        assert (await worker.get(key)).status_code == 200
    case = a_case(1)
    transcode.filled(case.evidence.add(), evidence)
    case.evidence[0].lent = ""
    world.suite.incidents.put(case)
    async with world.signed_in("chief") as chief, world.signed_in("resident") as resident:
        assert (await chief.get(key)).json()["reason"] == "EVIDENCE_UNKNOWN"
        told = (await chief.get(f"/v1/cases/{case.number}")).json()["case"]["evidence"][0]
        assert (await chief.get(f"{key}?{told['lent']}")).headers["content-type"] == "image/webp"
        assert (await chief.get(f"{key}?{evidence['lent']}")).status_code == 404
        assert (await resident.get(f"{key}?{told['lent']}")).json()["reason"] == "EVIDENCE_UNKNOWN"
        other = key.replace("photos/", "photos/x")
        assert (await chief.get(f"{other}?{told['lent']}")).status_code == 404
    async with world.client() as nobody:
        assert (await nobody.get(f"{key}?{told['lent']}")).status_code == 401


async def test_what_was_lent_ends_by_itself(still_world: World, manual_clock: ManualClock) -> None:
    seals, now = still_world.gate.seals, manual_clock.now()
    until, seal = (part.partition("=")[2] for part in seals.lend_to("staff:chief", "k", now=now).split("&"))
    assert seals.lend_to("staff:chief", "k", now=now) == seals.lend_to("staff:chief", "k", now=now)
    later = manual_clock.now() + timedelta(hours=5, minutes=59)
    assert seals.holds("k", until=until, seal=seal, now=later, subject="staff:chief")
    assert not seals.holds("k", until=until, seal=seal, now=later + timedelta(hours=7), subject="staff:chief")


async def test_the_same_photo_twice_has_one_digest_and_two_keys(world: World) -> None:
    async with world.signed_in("worker") as client:
        first, second = [(await client.post("/v1/photos", content=PHOTO)).json() for _ in range(2)]
    assert first["sha256"] == second["sha256"]
    assert first["objectKey"] != second["objectKey"]


async def test_a_photo_may_come_as_the_file_of_a_form(world: World) -> None:
    async with world.signed_in("worker") as client:
        files = {"photo": ("../../evil name.exe", PHOTO, "application/x-msdownload")}
        answer = await client.post("/v1/photos", params={"kind": "after"}, files=files)
        assert answer.status_code == 201
        assert answer.json()["kind"] == "EVIDENCE_KIND_AFTER"
        assert "evil" not in answer.json()["objectKey"]
        empty = await client.post("/v1/photos", data={"note": "no file"}, files={})
        assert empty.json()["reason"] == "PHOTO_NOT_AN_IMAGE"


async def test_what_is_no_picture_is_refused_whatever_it_claims(world: World) -> None:
    async with world.signed_in("resident") as client:
        answer = await client.post("/v1/photos", content=b"GIF89a<script>", headers={"content-type": "image/jpeg"})
        assert (answer.status_code, answer.json()["reason"]) == (400, "PHOTO_NOT_AN_IMAGE")
        assert answer.json()["message"] == "这不是 JPEG、PNG 或 WebP 图片。"
        broken = await client.post(
            "/v1/photos", content=b"--x\r\nrubbish", headers={"content-type": "multipart/form-data; boundary=x"}
        )
        assert broken.json()["reason"] == "PHOTO_NOT_AN_IMAGE"
        nameless = await client.post("/v1/photos", content=b"x", headers={"content-type": "multipart/form-data"})
        assert nameless.json()["reason"] == "PHOTO_NOT_AN_IMAGE"
        unkind = await client.post("/v1/photos", params={"kind": "portrait"}, content=PHOTO)
        assert unkind.json()["reason"] == "FIELD_INVALID"


async def test_a_photo_too_heavy_is_refused(world: World) -> None:
    async with world.signed_in("resident") as client:
        for body in (
            {"content": b"x" * (pictures.BYTES_MAX + 1)},
            {"files": {"photo": b"x" * (pictures.BYTES_MAX + 1)}},
        ):
            answer = await client.post("/v1/photos", **body)  # type: ignore[arg-type]
            assert (answer.status_code, answer.json()["reason"]) == (413, "PHOTO_TOO_LARGE")
            assert "20 MB" in answer.json()["message"]


async def test_who_may_not_report_may_not_upload(world: World) -> None:
    world.suite.hire("staff:chief", "auditor")
    async with world.signed_in("chief") as client:
        answer = await client.post("/v1/photos", content=PHOTO)
        assert (answer.status_code, answer.json()["reason"]) == (403, "FORBIDDEN")


async def test_too_many_at_once_are_asked_to_wait(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "WAITING_MAX", 0)
    async with world.signed_in("resident") as client:
        answer = await client.post("/v1/photos", content=PHOTO)
        assert (answer.status_code, answer.json()["reason"]) == (429, "EXHAUSTED")
        assert answer.headers["retry-after"] == "3"


async def test_what_a_photo_said_is_kept_apart(world: World) -> None:
    async with world.signed_in("resident") as client:
        evidence = (await client.post("/v1/photos", content=PHOTO)).json()
    async with world.gate.database.connection() as connection:
        query = "SELECT sha256, width_px, uploaded_by, longitude_deg FROM photo WHERE object_key = %s"
        row = await (await connection.execute(query, (evidence["objectKey"],))).fetchone()
    assert row is not None
    assert (row["sha256"], row["width_px"], row["uploaded_by"]) == (evidence["sha256"], 2000, "resident:r1")
    assert row["longitude_deg"] == pytest.approx(119.8133967)
