"""Who may let many people's data be seen, and for how long."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from services.registry.domain.unmasking import Unmasking, UnmaskingDecided, UnmaskingOwn

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
ASKED = Unmasking(
    id=UUID(int=1), asked_by="staff:a", purpose="flood list", case_id="", people_max=300, hours=4, asked_at=NOW
)


def test_an_approval_by_another_holds_for_its_hours() -> None:
    granted = ASKED.decided(grant=True, by="staff:b", now=NOW)
    assert (granted.granted, granted.decided_by, granted.until) == (True, "staff:b", NOW + timedelta(hours=4))


def test_a_refusal_holds_for_no_time() -> None:
    assert ASKED.decided(grant=False, by="staff:b", now=NOW).until is None


def test_nobody_approves_what_he_asked_for_and_nothing_is_decided_twice() -> None:
    with pytest.raises(UnmaskingOwn):
        ASKED.decided(grant=True, by="staff:a", now=NOW)
    refused = ASKED.decided(grant=False, by="staff:b", now=NOW)
    with pytest.raises(UnmaskingDecided):
        refused.decided(grant=True, by="staff:c", now=NOW)
