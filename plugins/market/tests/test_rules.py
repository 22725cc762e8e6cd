"""Who was found out before is somebody else's case, and earlier."""

from datetime import timedelta

from plugins.market import rules
from plugins.sdk import Words
from plugins.sdk.testing import MONDAY_MORNING, a_case


def test_only_earlier_cases_count_and_never_the_case_itself() -> None:
    now = a_case(id="now")
    later = a_case(id="later", reported_at=MONDAY_MORNING + timedelta(hours=1))
    before = a_case(id="before", reported_at=MONDAY_MORNING - timedelta(hours=1))
    assert rules.earlier(now, [later, now, before]) == [before]


def test_whatever_is_sealed_has_words() -> None:
    words = Words("plugins.market")
    assert all(words(f"seal.{problem}").en for problem in rules.SEALED)
