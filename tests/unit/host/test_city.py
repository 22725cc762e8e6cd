"""What a department asks of the city goes out as the contract wants it, and no further than it may."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from google.protobuf.message import Message
from gridward.common.v1 import place_pb2
from gridward.incidents.v1 import cases_pb2, incidents_pb2
from gridward.registry.v1 import catalogue_pb2, elements_pb2, staff_pb2

from plugins import sdk
from plugins.sdk.geometry import box_around
from plugins.sdk.manifest import Manifest, Stage, read
from plugins.sdk.testing import MONDAY_MORNING, a_case
from services.host.admission import Granted
from services.host.city import BoundCity, CityHall
from services.host.desk import Desk
from services.host.orders import Orders
from services.host.settings import HostSettings
from services.platform.errors import Forbidden, Unavailable
from services.platform.identity import Caller

HERITAGE = read(Path(__file__).resolve().parents[2] / "fixtures" / "external_plugin" / "heritage")
ALL = ("cases.note", "cases.advance", "cases.report", "link.send", "files.keep", "data.walls")
WALL = a_case(task_type="old_wall_damage", department_code="D17")
TEXT = sdk.Text(zh="看墙", en="see the wall")


@dataclass
class FakeCore:
    """Answers each call as the test says, and remembers it."""

    answers: dict[str, Callable[[Any], Message]] = field(default_factory=dict)
    asked: list[Any] = field(default_factory=list)
    callers: list[Caller] = field(default_factory=list)

    def __getattr__(self, service: str) -> Any:
        methods = (
            "GetCase",
            "ListCases",
            "AdvanceCase",
            "ReportIncident",
            "ListLoans",
            "ReadLoan",
            "FindOnDuty",
            "ListElements",
        )
        return SimpleNamespace(**{method: method for method in methods})

    def call(self, method: str, request: Any, *, caller: Caller) -> Message:
        assert caller.subject == "plugin:heritage"
        self.asked.append(request)
        self.callers.append(caller)
        return self.answers[method](request)


@dataclass
class FakePapers:
    """Keeps nothing, and says what it would have kept."""

    kept: list[sdk.Document] = field(default_factory=list)

    def keep(self, plugin: str, document: sdk.Document) -> sdk.Evidence:
        self.kept.append(document)
        return sdk.Evidence(
            object_key=f"documents/{plugin}/1",
            sha256="0" * 64,
            content_type=document.content_type,
            kind=sdk.EvidenceKind.AFTER,
        )


@pytest.fixture(autouse=True)
def _on_this_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("city", "notebook"):
        monkeypatch.setattr(f"services.host.{module}.tpool.execute", lambda do, *args, **named: do(*args, **named))


@pytest.fixture
def core() -> FakeCore:
    return FakeCore({"AdvanceCase": lambda _request: incidents_pb2.AdvanceCaseResponse(case=cases_pb2.Case(id="c"))})


@pytest.fixture
def open_city(core: FakeCore, tmp_path: Path) -> Callable[..., BoundCity]:
    desk = Desk.in_folder(tmp_path)

    def make(
        *, manifest: Manifest | None = None, event_id: str = "e-1", calls_max: int = 100, areas: tuple[str, ...] = ()
    ) -> BoundCity:
        hall = CityHall(
            core=core,  # type: ignore[arg-type]  # answers what the hall asks
            manifest=manifest or replace(HERITAGE, permissions=ALL),
            granted=Granted(settings={"days": 3}, secrets={"key": "s"}),
            desk=desk,
            papers=FakePapers(),  # type: ignore[arg-type]  # keeps what the hall keeps
            zone=ZoneInfo("Asia/Shanghai"),
            calls_max=calls_max,
            orders=Orders(area_paths=areas),
        )
        return BoundCity(hall, event_id=event_id)

    return make


def test_a_note_goes_out_as_two_texts_and_a_paper(core: FakeCore, open_city: Callable[..., BoundCity]) -> None:
    city = open_city()
    paper = city.keep(sdk.Document(name="a.pdf", content=b"%PDF", content_type="application/pdf"))
    city.note(WALL, TEXT, paper)
    [step] = core.asked[-1].steps
    assert (step.opinion, step.opinion_en) == ("看墙", "see the wall")
    assert step.evidence[0].object_key == "documents/heritage/1"


@pytest.mark.parametrize(
    "deed",
    [
        lambda city: city.note(WALL, TEXT),
        lambda city: city.advance(WALL, sdk.Step(kind=sdk.StepKind.SIGN)),
        lambda city: city.report(sdk.Report(task_type="x", description=TEXT, point=WALL.point)),
        lambda city: city.lend(sdk.Loan(dataset="walls", fields=("a",), purpose="look")),
        lambda city: city.keep(sdk.Document(name="a", content=b"", content_type="text/plain")),
        lambda city: city.send(sdk.Letter(topic="t", content={})),
    ],
)
def test_what_the_manifest_did_not_ask_for_is_refused_before_anybody_is_asked(
    core: FakeCore, open_city: Callable[..., BoundCity], deed: Callable[[BoundCity], object]
) -> None:
    with pytest.raises(sdk.Refused, match="PERMISSION_NOT_ASKED"):
        deed(open_city(manifest=replace(HERITAGE, permissions=())))
    assert core.asked == []


def test_a_search_asks_for_own_cases_only(core: FakeCore, open_city: Callable[..., BoundCity]) -> None:
    core.answers["ListCases"] = lambda _request: incidents_pb2.ListCasesResponse(cases=[cases_pb2.Case(id="c-1")])
    search = sdk.Search(task_type="old_wall_damage", since=MONDAY_MORNING, area_code="G1", text="墙", most=500)
    assert [case.id for case in open_city().cases(search)] == ["c-1"]
    [request] = core.asked
    assert (request.department_code, request.task_type, request.area_code) == ("D17", "old_wall_damage", "G1")
    assert request.page_size == 200
    assert request.reported_from.ToDatetime(UTC) == MONDAY_MORNING


def test_a_search_around_a_place_asks_for_a_square_and_keeps_the_circle(
    core: FakeCore, open_city: Callable[..., BoundCity]
) -> None:
    middle = sdk.Point(longitude_deg=119.8, latitude_deg=38.59)
    corner = box_around(middle, side_m=56)[2]
    places = {"middle": middle, "corner": corner}
    answered = [
        cases_pb2.Case(id=name, point=place_pb2.Point(longitude_deg=at.longitude_deg, latitude_deg=at.latitude_deg))
        for name, at in places.items()
    ]
    core.answers["ListCases"] = lambda _request: incidents_pb2.ListCasesResponse(cases=answered)
    search = sdk.Search(task_type="old_wall_damage", since=MONDAY_MORNING, near=middle, near_m=30)
    assert [case.id for case in open_city().cases(search)] == ["middle"]
    [ring] = core.asked[0].within
    corners = [
        sdk.Point(longitude_deg=float(x), latitude_deg=float(y)) for x, y in (p.split(",") for p in ring.split(";"))
    ]
    assert [round(sdk.distance_m(middle, each), 1) for each in corners] == [42.4] * 4


def loans(*rows: catalogue_pb2.Loan) -> Callable[[Any], Message]:
    return lambda _request: catalogue_pb2.ListLoansResponse(loans=rows)


def test_a_loan_is_read_from_what_was_granted_to_the_department_and_only_its_fields(
    core: FakeCore, open_city: Callable[..., BoundCity]
) -> None:
    wanted = catalogue_pb2.Loan(id="l-1", borrower="D17", item_codes=["name", "age", "more"], state="granted")
    others = [
        catalogue_pb2.Loan(id="l-2", borrower="D01", item_codes=["name", "age"], state="granted"),
        catalogue_pb2.Loan(id="l-3", borrower="D17", item_codes=["name"], state="granted"),
        catalogue_pb2.Loan(id="l-4", borrower="D17", item_codes=["name", "age"], state="expired"),
    ]
    core.answers["ListLoans"] = loans(*others, wanted)
    row = catalogue_pb2.LentRow(element_id="e", values={"name": "张*", "age": "5", "more": "x"})
    core.answers["ReadLoan"] = lambda _request: catalogue_pb2.ReadLoanResponse(rows=[row])
    rows = open_city().lend(sdk.Loan(dataset="walls", fields=("name", "age"), purpose="look", subject="k"))
    assert rows == ({"name": "张*", "age": "5"},)
    assert (core.asked[-1].id, core.asked[-1].key) == ("l-1", "k")
    core.answers["ListLoans"] = loans(*others)
    with pytest.raises(sdk.Refused, match="LOAN_MISSING"):
        open_city().lend(sdk.Loan(dataset="walls", fields=("name", "age"), purpose="look"))


def test_of_several_loans_that_fit_the_first_that_has_such_rows_is_read_and_nobody_else(
    core: FakeCore, open_city: Callable[..., BoundCity]
) -> None:
    granted = [
        catalogue_pb2.Loan(id=f"l-{area}", borrower="D17", item_codes=["name"], state="granted", area_code=area)
        for area in ("east", "west", "south")
    ]
    core.answers["ListLoans"] = loans(*granted)
    rows = {"l-west": [catalogue_pb2.LentRow(element_id="e", values={"name": "王*"})]}
    core.answers["ReadLoan"] = lambda request: catalogue_pb2.ReadLoanResponse(rows=rows.get(request.id, []))
    wanted = sdk.Loan(dataset="walls", fields=("name",), purpose="look", area_code="west", tags=("a", "b"))
    assert open_city().lend(wanted) == ({"name": "王*"},)
    asked = core.asked[1:]
    assert [request.id for request in asked] == ["l-east", "l-west"]
    assert {(request.area_code, tuple(request.tags)) for request in asked} == {("west", ("a", "b"))}


@pytest.mark.parametrize(("error", "kind"), [(Unavailable(part="registry"), sdk.Away), (Forbidden(), sdk.Refused)])
def test_an_error_of_the_registry_is_told_in_the_kits_words(
    core: FakeCore, open_city: Callable[..., BoundCity], error: Exception, kind: type[Exception]
) -> None:
    def fail(_request: Any) -> Message:
        raise error

    core.answers["ListLoans"] = fail
    with pytest.raises(kind):
        open_city().lend(sdk.Loan(dataset="walls", fields=("name",), purpose="look"))


def test_stages_go_only_where_the_manifest_leads_and_once(core: FakeCore, open_city: Callable[..., BoundCity]) -> None:
    stages = (
        Stage(code="seen", title="看", title_en="Seen", next=("fixed",)),
        Stage(code="fixed", title="修", title_en="Fixed"),
    )
    manifest = replace(HERITAGE, permissions=ALL, task_types=(replace(HERITAGE.task_types[0], stages=stages),))
    city = open_city(manifest=manifest)
    assert city.stage_of(WALL) == "seen"
    city.stage(WALL, "fixed", TEXT)
    open_city(manifest=manifest, event_id="told again").stage(WALL, "fixed", TEXT)
    assert len(core.asked) == 1
    assert open_city(manifest=manifest).stage_of(WALL) == "fixed"
    with pytest.raises(sdk.Refused, match="STAGE_NOT_LEGAL"):
        city.stage(WALL, "seen", TEXT)


def test_the_same_letter_for_the_same_event_is_kept_once(open_city: Callable[..., BoundCity], tmp_path: Path) -> None:
    letter = sdk.Letter(topic="t", about="a", content={"x": 1})
    for event_id in ("e-1", "e-1", "e-2"):
        open_city(event_id=event_id).send(letter)
    assert len(Desk.in_folder(tmp_path).outgoing("heritage", now_s=0.0)) == 2


def test_a_hook_may_ask_only_so_much(core: FakeCore, open_city: Callable[..., BoundCity]) -> None:
    city = open_city(calls_max=3)
    for number in range(3):
        city.memory.put(str(number), "x")
    assert city.memory.keys("") == ("0", "1", "2"), "looking costs nothing"
    with pytest.raises(sdk.Refused, match="TOO_MANY_CALLS"):
        city.note(WALL, TEXT)
    assert core.asked == []


def test_a_desk_that_is_away_is_waited_for_and_is_no_fault_of_the_hook(
    open_city: Callable[..., BoundCity], tmp_path: Path
) -> None:
    city = open_city()
    city.memory.put("seen", "1")
    shutil.rmtree(tmp_path)
    for deed in (
        lambda: city.memory.get("seen"),
        lambda: city.memory.put("seen", "2"),
        lambda: city.memory.keys(""),
        lambda: city.send(sdk.Letter(topic="wall", about="c", content={})),
    ):
        with pytest.raises(sdk.Away):
            deed()


def test_settings_secrets_and_clocks_are_the_operators(open_city: Callable[..., BoundCity]) -> None:
    city = open_city()
    assert (city.settings["days"], city.secret("key")) == (3, "s")
    with pytest.raises(sdk.Refused, match="SECRET_NOT_SET"):
        city.secret("other")
    assert city.local(datetime(2026, 3, 2, 16, tzinfo=UTC)).hour == 0


def test_a_host_without_object_store_says_so(tmp_path: Path) -> None:
    from services.host.papers import Papers

    settings = HostSettings(
        registry_address="r:1", incidents_address="i:1", trust_file=tmp_path, signing_key_file=tmp_path
    )
    with pytest.raises(sdk.Refused, match="PAPERS_NOT_KEPT"):
        Papers(settings).keep("roads", sdk.Document(name="a.pdf", content=b"", content_type="application/pdf"))


def test_a_department_acts_where_it_is_enabled_and_nowhere_else(
    core: FakeCore, open_city: Callable[..., BoundCity]
) -> None:
    core.answers["ListLoans"] = lambda _request: catalogue_pb2.ListLoansResponse()
    open_city(areas=("9991.999101", "9991.999102")).note(WALL, TEXT)
    assert [grant.area_path for grant in core.callers[-1].grants] == ["9991.999101", "9991.999102"]
    assert {grant.department_code for grant in core.callers[-1].grants} == {"D17"}
    open_city().note(WALL, TEXT)
    assert [grant.area_path for grant in core.callers[-1].grants] == [""]
    # What was lent to the department was lent to all of it.
    with pytest.raises(sdk.Refused, match="LOAN_MISSING"):
        open_city(areas=("9991.999101",)).lend(sdk.Loan(dataset="walls", fields=("a",), purpose="look"))
    assert [grant.area_path for grant in core.callers[-1].grants] == [""]


def test_the_nearest_post_of_a_role_is_found_and_given_a_part(
    core: FakeCore, open_city: Callable[..., BoundCity]
) -> None:
    posts = [staff_pb2.OnDuty(post=staff_pb2.Post(code=code), staff_code="S") for code in ("LAW-1", "LAW-9")]
    core.answers["FindOnDuty"] = lambda _request: staff_pb2.FindOnDutyResponse(on_duty=posts)
    city = open_city()
    post = city.on_duty(WALL, "duty_lawyer")
    assert (core.asked[-1].area_code, core.asked[-1].role, post) == (WALL.grid_code, "duty_lawyer", "LAW-1")
    city.advance(WALL, sdk.Step(kind=sdk.StepKind.ADDRESS, addressees=(post,)))
    assert [each.receiver for each in core.asked[-1].steps[0].addressees] == ["LAW-1"]
    core.answers["FindOnDuty"] = lambda _request: staff_pb2.FindOnDutyResponse()
    assert open_city().on_duty(WALL, "duty_lawyer") == ""


def test_things_near_a_case_are_found_on_every_page_of_its_grid_nearest_first(
    core: FakeCore, open_city: Callable[..., BoundCity]
) -> None:
    def thing(code: str, north_deg: float) -> elements_pb2.Element:
        place = place_pb2.Point(
            longitude_deg=WALL.point.longitude_deg, latitude_deg=WALL.point.latitude_deg + north_deg
        )
        return elements_pb2.Element(key=code, class_code="0137", owner_unit="U05", point=place)

    pages = {"": ([thing("far", 0.01), thing("near", 0.0002)], "2"), "2": ([thing("here", 0.0)], "")}

    def page(request: elements_pb2.ListElementsRequest) -> elements_pb2.ListElementsResponse:
        elements, following = pages[request.page_token]
        return elements_pb2.ListElementsResponse(elements=elements, next_page_token=following)

    core.answers["ListElements"] = page
    found = open_city().components(WALL, within_m=30)
    assert [(each.code, each.owner_unit) for each in found] == [("here", "U05"), ("near", "U05")]
    assert core.asked[-1].area_code == WALL.grid_code
