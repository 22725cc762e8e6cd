"""The rules of filling in a form: who may, and what the history says of it."""

import json
from typing import Any, Final

from services.incidents.domain.actors import Actor, Relation, Role, acting_role
from services.incidents.domain.answers import answers_of
from services.incidents.domain.case import Case
from services.platform.errors import Conflict, Forbidden

WHO: Final[frozenset[str]] = frozenset(
    {
        Role.ACCEPTOR,
        Role.DUTY_CHIEF,
        Role.DEPARTMENT_SPECIALIST,
        Role.DEPARTMENT_LEADER,
        Role.HANDLER,
        Role.PLUGIN,
        Relation.ASSIGNEE,
        Relation.OWNER,
        Relation.PARTNER,
    }
)


class FormNotYours(Forbidden):
    """The form of a case is filled in by who works it, and by the centre."""

    reason = "FORM_NOT_YOURS"


class FormCaseEnded(Conflict):
    """The case has ended; its form stays as it is."""

    reason = "FORM_CASE_ENDED"


def require_may_answer(case: Case, actor: Actor) -> None:
    """Fails with FORM_NOT_YOURS, FORM_CASE_ENDED."""
    if acting_role(actor, case, WHO) is None:
        raise FormNotYours
    if case.closed_at is not None:
        raise FormCaseEnded


def said(form_schema: str, before: str, after: str) -> tuple[str, str]:
    """What the history says in both languages: which questions were answered, never the answers."""
    fields: dict[str, Any] = json.loads(form_schema or "{}").get("properties", {})
    old, new = answers_of(before), answers_of(after)
    changed = [name for name in {**old, **new} if old.get(name) != new.get(name)]
    titles = [str(fields.get(name, {}).get("title", name)) for name in changed]
    titles_en = [
        str(fields.get(name, {}).get("x-title-en") or title) for name, title in zip(changed, titles, strict=True)
    ]
    return f"补充情况:{'、'.join(titles) or '无变化'}", f"facts added: {', '.join(titles_en) or 'none'}"
