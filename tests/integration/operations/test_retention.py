"""Personal data goes when its time is over, nothing else goes, and each deletion is on record and reported."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta

import pytest
from minio.error import S3Error

from services.operations import retention, schemas
from services.operations.settings import RetentionSettings
from tests.integration.operations.conftest import BuildPlace, Site

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
SETTINGS = RetentionSettings()


def days_ago(days: int) -> str:
    return f"'{(NOW - timedelta(days=days)).isoformat()}'"


def fill(site: Site) -> None:
    """Of each kind something old and something young."""
    site.execute("SET session_replication_role = replica")
    for name, age in (("old", 400), ("young", 1)):
        site.execute(
            "SET session_replication_role = replica; "
            "INSERT INTO registry.track_point (patrol_id, at, longitude_deg, latitude_deg, inside) "
            f"SELECT gen_random_uuid(), {days_ago(age)}::timestamptz - g * interval '1 s', 119.8, 38.5, true "
            f"FROM generate_series(1, {2500 if name == 'old' else 3}) AS g"
        )
        site.execute(
            "INSERT INTO registry.received_text (message_id, reply, received_at) "
            f"VALUES ('{name}', 'ok', {days_ago(age)})"
        )
        site.execute(
            "INSERT INTO incidents.sms_received (message_id, phone, subject, text, reply, received_at) "
            f"VALUES ('{name}', '\\x00', 'resident:1', 'x', '', {days_ago(age)})"
        )
        site.execute(
            "INSERT INTO incidents.contact (subject, phone, phone_index, sms, language, updated_at) "
            f"VALUES ('guest:{name}', '\\x00', '\\x01', true, 'zh', {days_ago(age)}), "
            f"('staff:{name}', '\\x00', '\\x02', true, 'zh', {days_ago(age)})"
        )
        site.execute(
            "INSERT INTO gateway.photo (object_key, original_key, sha256, content_type, size_bytes, width_px, height_px, "
            "longitude_deg, latitude_deg, uploaded_by, uploaded_at) "
            f"VALUES ('photos/{name}.jpg', 'originals/{name}.jpg', repeat('a', 64), 'image/jpeg', 1, 1, 1, 119.8, 38.5, "
            f"'resident:1', {days_ago(age)})"
        )
        for folder in ("photos", "originals", "public/photos"):
            content = name.encode()
            site.bucket.put_object(site.place.store.bucket, f"{folder}/{name}.jpg", io.BytesIO(content), len(content))


@pytest.fixture(scope="module")
def site(new_site: BuildPlace) -> Site:
    site = new_site()
    schemas.bring_forward(site.place)
    fill(site)
    return site


def test_what_is_over_goes_the_rest_stays_and_the_report_says_so(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    report = retention.carry_out(site.place, SETTINGS, now=NOW)
    counts = {deleted.what: deleted.count for deleted in report.deleted}
    assert counts == {
        "tracks": 2500, "texts_answered": 1, "texts_received": 1, "contacts": 1, "notices": 0, "originals": 1, "publics": 0
    }  # fmt: skip
    told, _ = json.JSONDecoder().raw_decode(capsys.readouterr().out)
    assert {row["what"]: row["count"] for row in told["deleted"]} == counts
    assert site.execute("SELECT count(*) FROM registry.track_point") == [(3,)]
    assert site.execute("SELECT subject FROM incidents.contact ORDER BY 1") == [
        ("guest:young",), ("staff:old",), ("staff:young",)
    ]  # fmt: skip
    assert site.execute("SELECT object_key, original_key, longitude_deg FROM gateway.photo ORDER BY 1") == [
        ("photos/old.jpg", "", None),
        ("photos/young.jpg", "originals/young.jpg", 119.8),
    ]
    bucket = site.place.store.bucket
    with pytest.raises(S3Error):
        site.bucket.stat_object(bucket, "originals/old.jpg")
    for kept in ("photos/old.jpg", "photos/young.jpg", "originals/young.jpg", "public/photos/old.jpg"):
        assert site.bucket.stat_object(bucket, kept).size
    deeds = (
        "SELECT target, sum(row_count)::int FROM registry.audit WHERE action = 'retention' GROUP BY target ORDER BY 1"
    )
    assert site.execute(deeds) == [("texts_answered", 1), ("tracks", 2500)]
    again = retention.carry_out(site.place, SETTINGS, now=NOW)
    assert sum(deleted.count for deleted in again.deleted) == 0


def test_the_audit_trail_is_reported_and_never_shortened(site: Site) -> None:
    before = site.execute("SELECT count(*) FROM registry.audit")
    report = retention.carry_out(site.place, SETTINGS, now=NOW + timedelta(days=4000))
    assert [trail.schema for trail in report.trails] == list(retention.AUDITED)
    assert site.execute("SELECT count(*) FROM registry.audit")[0][0] >= before[0][0]  # type: ignore[operator]


def test_blurred_copies_go_and_what_they_were_made_of_stays(site: Site) -> None:
    bucket = site.place.store.bucket
    site.bucket.put_object(bucket, "public/photos/young.jpg", io.BytesIO(b"young"), 5)
    report = retention.carry_out(site.place, SETTINGS, now=NOW + timedelta(days=4000))
    assert next(deleted.count for deleted in report.deleted if deleted.what == "publics") >= 1
    assert list(site.bucket.list_objects(bucket, prefix="public/", recursive=True)) == []
    assert site.bucket.stat_object(bucket, "photos/young.jpg").size
