"""Reads what the answers to a form say about the way of a report: the owner named, and the department they point to."""

import json
from collections.abc import Collection, Mapping
from typing import Any

from services.incidents.domain.tasktypes import Hint

OWNER_UNIT = "owner_unit"


def answers_of(form_answers: str) -> Mapping[str, Any]:
    """The answers by question; none when they cannot be read."""
    if not form_answers:
        return {}
    try:
        answers = json.loads(form_answers)
    except (ValueError, RecursionError):
        return {}
    return answers if isinstance(answers, dict) else {}


def named_owner_unit(form_answers: str) -> str:
    """The owner unit that a report's form names; empty when it names none."""
    if f'"{OWNER_UNIT}"' not in form_answers:
        return ""
    named = answers_of(form_answers).get(OWNER_UNIT, "")
    return named if isinstance(named, str) else ""


def hinted(hints: Collection[Hint], form_answers: str) -> Hint | None:
    """The first hint that fits the answers."""
    if not hints or not form_answers:
        return None
    answers = answers_of(form_answers)
    return next((hint for hint in hints if hint.value in _said(answers.get(hint.field))), None)


def _said(answer: object) -> frozenset[str]:
    """An answer as text; of several each."""
    if isinstance(answer, bool):
        return frozenset({"true" if answer else "false"})
    if isinstance(answer, list):
        return frozenset(text for each in answer for text in _said(each))
    return frozenset() if answer is None else frozenset({str(answer)})
