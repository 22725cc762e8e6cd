"""Clears the way first, and passes work on to the contractor's own system by Open311 GeoReport v2."""

from plugins.landscaping import rules
from plugins.sdk import Case, City, Message, Refused, Words, hookimpl, open311

words = Words(__package__)


@hookimpl
def incident_reported(case: Case, city: City) -> None:
    """What blocks the way is cut before it is mourned."""
    if rules.blocks_the_way(case):
        city.note(case, words("advice.clear_way"))
    elif rules.waits_for_season(case):
        city.note(case, words("advice.season"))


@hookimpl
def case_dispatched(case: Case, city: City) -> None:
    """Hand the work to the contractor, where there is one."""
    if not city.settings["link_url"]:
        return
    request = open311.service_request(
        case, service_code=str(city.settings["service_code"]), api_key=city.secret("api_key")
    )
    city.send(request)


@hookimpl
def hour_struck(city: City) -> None:
    """Ask how far the contractor has come with what is still open."""
    if not city.settings["link_url"]:
        return
    for key in city.memory.keys(rules.OPEN)[: rules.AN_HOUR_MAX]:
        city.send(open311.status_request(city.memory.get(key), about=key.removeprefix(rules.OPEN)))


@hookimpl
def message_received(message: Message, city: City) -> None:
    """Note the contractor's number, and what became of the work."""
    for answer in open311.answers(message):
        key = rules.OPEN + message.about
        try:
            case = city.get_case(message.about).case
        except Refused:
            city.memory.forget(key)
            continue
        if answer.closed:
            city.memory.forget(key)
            city.note(case, words("contractor.done", number=answer.number, notes=answer.notes or "–"))
        elif not city.memory.get(key):
            city.memory.put(key, answer.number)
            city.note(case, words("contractor.taken", number=answer.number))
