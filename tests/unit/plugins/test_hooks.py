"""The page of hooks: documented, offered as written, and closed to misspellings."""

from types import ModuleType

import pluggy
import pytest

from plugins.sdk import Refused, Signal, hookimpl, hooks
from plugins.sdk.hooks import HOOKS, Hooks
from plugins.sdk.testing import MONDAY_MORNING, RecordingCity, a_case, call


def department(**functions: object) -> ModuleType:
    module = ModuleType("department")
    for name, function in functions.items():
        setattr(module, name, function)
    return module


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_says_what_for_and_offers_the_city(hook: str) -> None:
    assert len((getattr(hooks, hook).__doc__ or "").strip()) > 20
    assert {"city", "at"} <= set(HOOKS[hook])
    assert ("case" in HOOKS[hook]) == (hook not in {"hour_struck", "day_began", "message_received"})


@pytest.mark.parametrize("hook", HOOKS)
def test_the_page_of_hooks_tells_when_each_is_called_and_what_time_it_has(hook: str) -> None:
    [row] = [line for line in (hooks.__doc__ or "").splitlines() if line.startswith("|") and hook in line]
    assert f"{10 * hooks.PATIENCE.get(hook, 1)} s |" in row


@pytest.mark.parametrize("hook", HOOKS)
def test_a_plugin_gets_the_arguments_it_takes_and_no_others(hook: str) -> None:
    seen: list[object] = []

    def taking_the_moment(at: object) -> None:
        seen.append(at)

    taking_the_moment.__name__ = hook
    call(department(**{hook: hookimpl(taking_the_moment)}), hook, at=MONDAY_MORNING)
    assert seen == [MONDAY_MORNING]


def test_the_hooks_a_plugin_has_are_those_it_is_called_for() -> None:
    @hookimpl
    def case_closed(case: object) -> None: ...

    @hookimpl
    def case_overdue(before: object) -> None: ...

    def case_rated(case: object) -> None:
        raise AssertionError("not marked, so never called")

    plugin = department(case_closed=case_closed, case_overdue=case_overdue, case_rated=case_rated)
    assert Hooks("department", plugin).names == ("case_closed", "case_overdue")


def test_a_misspelt_hook_is_refused() -> None:
    @hookimpl
    def incident_repotred(case: object) -> None: ...

    with pytest.raises(pluggy.PluginValidationError, match="unknown hook 'incident_repotred'"):
        Hooks("department", department(incident_repotred=incident_repotred))


def test_a_misspelt_argument_is_refused() -> None:
    @hookimpl
    def incident_reported(cse: object) -> None: ...

    with pytest.raises(pluggy.PluginValidationError, match="cse"):
        Hooks("department", department(incident_reported=incident_reported))


def test_the_kit_refuses_what_the_city_would_not_offer() -> None:
    @hookimpl
    def case_closed(case: object) -> None: ...

    plugin = department(case_closed=case_closed)
    with pytest.raises(LookupError, match="has no hook case_rated"):
        call(plugin, "case_rated")
    with pytest.raises(TypeError, match="not before"):
        call(plugin, "case_closed", before=Signal.RED)


def test_the_recording_city_can_be_made_to_refuse() -> None:
    @hookimpl
    def case_closed(case: object, city: RecordingCity) -> None:
        city.report(None)  # type: ignore[arg-type]  # refused before it is looked at

    city = RecordingCity(refusing=Refused(reason="STEP_FORBIDDEN", message="not yours"))
    with pytest.raises(Refused, match="STEP_FORBIDDEN"):
        call(department(case_closed=case_closed), "case_closed", city=city)


def test_the_recording_city_knows_the_cases_it_was_given() -> None:
    case = a_case(number="9991-1")
    city = RecordingCity(cases_known=[case])
    assert city.get_case("9991-1").case is case
    assert city.get_case(case.id).allows(next(iter(city.get_case(case.id).legal_steps)).step)
    with pytest.raises(Refused, match="CASE_UNKNOWN"):
        city.get_case("another")
