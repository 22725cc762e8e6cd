"""The checks, each one sentence of the standard; those that file need a key and leave one request behind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from tests.conformance.open311.shapes import (
    check_definition,
    check_request,
    check_service,
    has,
    hold,
    items,
    texts,
    tree,
)

CONTENT_TYPES = {"json": "application/json; charset=utf-8", "xml": "text/xml; charset=utf-8"}
NOWHERE = "no-such-thing-a8f2"


@dataclass(slots=True)
class Endpoint:
    """The endpoint under test."""

    url: str
    key: str = ""
    jurisdiction: str = ""
    point: tuple[float, float] | None = None
    client: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=20.0, trust_env=False))

    def get(self, path: str, *, expect: int = 200, **parameters: str) -> httpx.Response:
        """A reading call, and its status and content type held against the standard."""
        answer = self.client.get(f"{self.url}/{path}", params=self._with_jurisdiction(parameters))
        return self._held(answer, path, expect)

    def post(self, path: str, form: dict[str, Any], *, status: int = 201, files: Any = None) -> httpx.Response:
        """A writing call; 200 is as good as 201."""
        answer = self.client.post(f"{self.url}/{path}", data=self._with_jurisdiction(form), files=files)
        if status == 201 and answer.status_code == 200:
            status = 200
        return self._held(answer, path, status)

    def _with_jurisdiction(self, values: dict[str, Any]) -> dict[str, Any]:
        return {"jurisdiction_id": self.jurisdiction, **values} if self.jurisdiction else values

    @staticmethod
    def _held(answer: httpx.Response, path: str, status: int) -> httpx.Response:
        hold(answer.status_code == status, f"{path} answers {answer.status_code}, not {status}: {answer.text[:200]}")
        kind = path.rsplit(".", 1)[-1]
        told = answer.headers.get("content-type", "").lower().replace(";charset", "; charset")
        if kind in CONTENT_TYPES:
            hold(told == CONTENT_TYPES[kind], f"{path} comes as {told!r}")
        return answer

    def first_service(self, *, metadata: bool | None = None) -> dict[str, Any]:
        """A service of the list; one with or without attributes, when there is such a one."""
        services = self.get("services.json").json()
        fitting = [each for each in services if metadata is None or each["metadata"] == metadata]
        return dict((fitting or services)[0])

    def requests(self, **parameters: str) -> list[dict[str, Any]]:
        """Service requests in JSON."""
        found: list[dict[str, Any]] = self.get("requests.json", expect=200, **parameters).json()
        return found

    def form(self, **more: str) -> dict[str, str]:
        """A filing that should be taken in."""
        at = self.point or self._some_point()
        service = self.first_service()
        form = {"api_key": self.key, "service_code": service["service_code"], "lat": str(at[0]), "long": str(at[1])}
        if service["metadata"]:
            definition = self.get(f"services/{service['service_code']}.json").json()
            for attribute in definition["attributes"]:
                if attribute["required"]:
                    values = attribute.get("values") or [{"key": "1"}]
                    form[f"attribute[{attribute['code']}]"] = values[0]["key"]
        return {**form, "description": "conformance check, please ignore", **more}

    def _some_point(self) -> tuple[float, float]:
        known = self.requests()
        hold(bool(known), "no request to take a place from; give --point LAT,LONG")
        return float(known[0]["lat"]), float(known[0]["long"])


CHECKS: list[tuple[str, bool, Callable[[Endpoint], None]]] = []


def check(*, files: bool = False) -> Callable[[Callable[[Endpoint], None]], Callable[[Endpoint], None]]:
    """Put a check on the list."""

    def keep(checked: Callable[[Endpoint], None]) -> Callable[[Endpoint], None]:
        CHECKS.append((checked.__name__, files, checked))
        return checked

    return keep


@check()
def discovery_names_the_endpoint_in_both_formats(at: Endpoint) -> None:
    told = at.get("discovery.json").json()
    has(told, {"changeset": str, "contact": str, "key_service": str, "endpoints": list}, "discovery")
    for each in told["endpoints"]:
        has(each, {"specification": str, "url": str, "changeset": str, "type": str, "formats": list}, "endpoint")
        hold(each["type"] in {"production", "test", "acceptance"}, f"type is {each['type']}")
    root = tree(at.get("discovery.xml").content)
    hold(root.tag == "discovery", f"the root is {root.tag}")
    hold(root.find("endpoints/endpoint/formats/format") is not None, "no formats")


@check()
def services_are_listed_alike_in_both_formats(at: Endpoint) -> None:
    services = at.get("services.json").json()
    hold(isinstance(services, list) and bool(services), "a bare list of services is expected")
    for service in services:
        check_service(service)
    listed = [texts(each) for each in items(tree(at.get("services.xml").content), "services", "service")]
    hold([each["service_code"] for each in listed] == [each["service_code"] for each in services], "the lists differ")
    hold({each["metadata"] for each in listed} <= {"true", "false"}, "metadata is true or false")


@check()
def definitions_tell_every_attribute(at: Endpoint) -> None:
    service = at.first_service(metadata=True)
    path = f"services/{service['service_code']}"
    definition = at.get(f"{path}.json").json()
    hold(isinstance(definition, dict), "a definition in JSON is an object")
    check_definition(definition)
    root = tree(at.get(f"{path}.xml").content)
    hold(root.tag == "service_definition", f"the root is {root.tag}")
    codes = [each.findtext("code") for each in root.findall("attributes/attribute")]
    hold(codes == [each["code"] for each in definition["attributes"]], "the attributes differ")


@check()
def an_unknown_service_is_not_found_and_told_as_an_error(at: Endpoint) -> None:
    errors = at.get(f"services/{NOWHERE}.json", expect=404).json()
    has(errors[0], {"description": str}, "error")
    hold(int(errors[0]["code"]) == 404, "the code is the status")
    error = items(tree(at.get(f"services/{NOWHERE}.xml", expect=404).content), "errors", "error")[0]
    hold({"code", "description"} <= set(texts(error)), "an error has code and description")


@check()
def requests_are_listed_alike_in_both_formats(at: Endpoint) -> None:
    found = at.requests()
    hold(isinstance(found, list) and len(found) <= 1000, "a bare list of at most 1000 is expected")
    for each in found:
        check_request(each)
    listed = [texts(each) for each in items(tree(at.get("requests.xml").content), "service_requests", "request")]
    ids = {each["service_request_id"] for each in found}
    hold(not ids or bool(ids & {each["service_request_id"] for each in listed}), "the lists share nothing")
    hold({each["status"] for each in listed} <= {"open", "closed"}, "a status is open or closed")


@check()
def one_request_is_a_list_of_one(at: Endpoint) -> None:
    known = at.requests()
    if not known:
        return
    number = known[0]["service_request_id"]
    found = at.get(f"requests/{number}.json").json()
    hold(len(found) == 1 and found[0]["service_request_id"] == number, f"{found}")
    root = tree(at.get(f"requests/{number}.xml").content)
    hold(len(items(root, "service_requests", "request")) == 1, "a list of one is expected")


@check()
def an_unknown_request_is_not_found(at: Endpoint) -> None:
    at.get(f"requests/{NOWHERE}.json", expect=404)
    at.get(f"requests/{NOWHERE}.xml", expect=404)


@check()
def numbers_asked_for_override_everything_else(at: Endpoint) -> None:
    known = [each["service_request_id"] for each in at.requests()[:3]]
    if not known:
        return
    found = at.requests(service_request_id=",".join(known), service_code=NOWHERE, status="closed")
    hold(sorted(each["service_request_id"] for each in found) == sorted(known), f"{found}")


@check()
def codes_choose(at: Endpoint) -> None:
    codes = sorted({each["service_code"] for each in at.requests()})[:2]
    if not codes:
        return
    found = at.requests(service_code=",".join(codes))
    hold({each["service_code"] for each in found} == set(codes), "other codes came along")


@check()
def a_status_chooses(at: Endpoint) -> None:
    for status in ("open", "closed"):
        found = at.requests(status=status)
        hold({each["status"] for each in found} <= {status}, f"others than {status} came along")
    both = at.requests(status="open,closed")
    hold(len(both) == len(at.requests()), "open,closed is everything")


@check()
def dates_choose_and_lie_at_most_ninety_days_apart(at: Endpoint) -> None:
    now = datetime.now(UTC)
    later = (now + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    hold(at.requests(start_date=later) == [], "nothing was requested tomorrow")
    long_ago = (now - timedelta(days=400)).strftime("%Y-%m-%dT%H:%M:%SZ")
    at.get("requests.json", expect=400, start_date=long_ago, end_date=later)


@check()
def a_date_that_is_none_is_refused(at: Endpoint) -> None:
    at.get("requests.json", expect=400, start_date="yesterday")


@check()
def an_empty_parameter_is_as_one_that_is_absent(at: Endpoint) -> None:
    answer = at.requests(service_code="", status="", start_date="")
    hold(len(answer) == len(at.requests()), "empty parameters change the answer")


@check()
def a_filing_without_a_key_is_forbidden(at: Endpoint) -> None:
    at.post("requests.json", {"service_code": "x", "lat": "1", "long": "1"}, status=403)
    at.post("requests.xml", {"service_code": "x", "lat": "1", "long": "1", "api_key": NOWHERE}, status=403)


@check(files=True)
def a_filing_is_taken_in_and_found_again(at: Endpoint) -> None:
    told = at.post("requests.json", at.form()).json()
    hold(isinstance(told, list) and len(told) == 1, "a list of one is expected")
    number, token = told[0].get("service_request_id"), told[0].get("token")
    hold(bool(number) != bool(token), "either service_request_id or token")
    if token:
        known = at.get(f"tokens/{token}.json").json()
        has(known[0], {"token": str}, "token")
        return
    check_request(at.get(f"requests/{number}.json").json()[0])


@check(files=True)
def a_filing_in_xml_answers_in_xml(at: Endpoint) -> None:
    root = tree(at.post("requests.xml", at.form()).content)
    told = texts(items(root, "service_requests", "request")[0])
    hold(bool(told.get("service_request_id")) != bool(told.get("token")), f"{told}")


@check(files=True)
def a_filing_as_multipart_is_taken_in(at: Endpoint) -> None:
    told = at.post("requests.json", at.form(), files={"nothing": ("", b"")}).json()
    hold(bool(told[0].get("service_request_id") or told[0].get("token")), f"{told}")


@check(files=True)
def a_filing_without_service_or_place_is_refused(at: Endpoint) -> None:
    form = at.form()
    at.post("requests.json", {**form, "service_code": ""}, status=400)
    at.post("requests.json", {**form, "lat": "", "long": ""}, status=400)
    at.post("requests.json", {**form, "lat": "north"}, status=400)
    at.post("requests.json", {**form, "service_code": NOWHERE}, status=404)


def run(at: Endpoint) -> list[tuple[str, str]]:
    """Every check that can be made, with what is wrong; empty words are a pass."""
    results = []
    for name, files, checked in CHECKS:
        if files and not at.key:
            results.append((name, "not checked: no key"))
            continue
        try:
            checked(at)
        except AssertionError as error:
            results.append((name, str(error) or "failed"))
        except (httpx.HTTPError, KeyError, ValueError) as error:
            results.append((name, f"{type(error).__name__}: {error}"))
        else:
            results.append((name, ""))
    at.client.close()
    return results
