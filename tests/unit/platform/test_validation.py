"""What nothing can keep is refused at the door of every service, with the field that holds it."""

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from gridward.incidents.v1 import cases_pb2, incidents_pb2

from services.platform import validation
from services.platform.errors import FieldInvalid


def refused(request: incidents_pb2.ReportIncidentRequest) -> tuple[str, str]:
    with pytest.raises(FieldInvalid) as caught:
        validation.check(request)
    return caught.value.details["field"], caught.value.details["problem"]


def test_a_text_with_a_nul_in_it_is_refused_by_name() -> None:
    request = incidents_pb2.ReportIncidentRequest(request_id="0123456789abcdef")
    request.report.description = "a\0b"
    assert refused(request) == ("report.description", "holds a character or number that cannot be stored")


def test_a_text_deep_within_a_list_is_found() -> None:
    request = incidents_pb2.ReportIncidentRequest(request_id="0123456789abcdef")
    for key in ("right", "wr\0ng"):
        request.report.evidence.add().object_key = key
    assert refused(request)[0] == "report.evidence[1].object_key"


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_a_number_that_is_none_is_refused(number: float) -> None:
    request = incidents_pb2.ReportIncidentRequest(request_id="0123456789abcdef")
    request.report.point.longitude_deg = number
    assert refused(request) == ("report.point.longitude_deg", "is out of range")


@pytest.mark.parametrize(
    ("seconds", "nanos", "fits"),
    [
        (0, 0, True),
        (-2_208_988_800, 0, True),  # 1900
        (4_102_444_800, 999_999_999, True),  # 2100
        (-62_135_596_801, 0, False),
        (-62_135_596_800, 0, False),  # the first second of the calendar: any zone west of it leaves the calendar
        (253_402_300_799, 0, False),
        (2**62, 0, False),
        (0, -1, False),
        (0, 1_000_000_000, False),
    ],
)
def test_a_moment_no_city_knows_is_refused(seconds: int, nanos: int, fits: bool) -> None:
    moment = Timestamp(seconds=seconds, nanos=nanos)
    if fits:
        validation.check(moment)
        return
    with pytest.raises(FieldInvalid):
        validation.check(moment)


def test_what_the_contract_judges_one_by_one_is_left_to_whoever_takes_it_in() -> None:
    broken = incidents_pb2.ReportIncidentRequest(report=cases_pb2.Report(description="a\0b"))
    validation.check(incidents_pb2.BatchReportRequest(reports=[broken]))
    with pytest.raises(FieldInvalid):
        validation.check(broken)
