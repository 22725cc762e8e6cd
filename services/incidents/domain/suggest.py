"""Guesses from the reporter's words what kind of matter it is, for those who do not know the city's list."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from services.incidents.domain.tasktypes import Admission, TaskType
from services.incidents.domain.words import phrase_terms_of, runs_of, terms_of

SCORE_MIN: Final = 0.34
SUGGESTIONS_MAX: Final = 5
_TITLE_WEIGHT: Final = 0.9
_RARE_SCORE: Final = 0.36
_MORE_WEIGHT: Final = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A task type that fits the words, from 0 to 1, with the phrases and rare terms by which it does."""

    task_type: str
    score: float
    matched: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Phrase:
    """Words that stand for a task type."""

    text: str
    terms: Counter[str]
    weight: float

    def fits(self, words: Counter[str]) -> float:
        """The share of the phrase that occurs in the words."""
        return self.weight * (self.terms & words).total() / self.terms.total()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Profile:
    """A task type as guessing sees it: its phrases, and the terms that no other task type has."""

    task_type: str
    phrases: tuple[_Phrase, ...]
    rare: frozenset[str]

    def suggestion(self, words: Counter[str]) -> Suggestion:
        """The best phrase counts, or a rare term where no phrase fits; whatever else fits adds a little."""
        fits = sorted(((phrase.fits(words), phrase.text) for phrase in self.phrases), reverse=True)
        fitting = [(share, text) for share, text in fits if share >= SCORE_MIN]
        rare = sorted(self.rare & words.keys())
        best = max(fitting[0][0] if fitting else 0.0, _RARE_SCORE if rare else 0.0)
        more = max(0, len(fitting) + len(rare) - 1)
        return Suggestion(
            task_type=self.task_type,
            score=round(min(1.0, best + _MORE_WEIGHT * more), 4),
            matched=tuple(dict.fromkeys([text for _, text in fitting] + rare)),
        )


@dataclass(frozen=True, slots=True)
class Suggester:
    """The city's task types prepared for guessing; make it anew when they change."""

    profiles: tuple[_Profile, ...]

    @classmethod
    def of(cls, task_types: Iterable[TaskType]) -> "Suggester":
        """Prepare the admitted ones; keywords weigh a little more than titles."""
        phrases = {kind.code: _phrases(kind) for kind in task_types if kind.admission is Admission.ADMITTED}
        terms = {code: frozenset(term for phrase in own for term in phrase.terms) for code, own in phrases.items()}
        holders = Counter(term for own in terms.values() for term in own)
        return cls(
            tuple(
                _Profile(
                    task_type=code,
                    phrases=own,
                    rare=frozenset(term for term in terms[code] if holders[term] == 1 and len(term) > 1),
                )
                for code, own in phrases.items()
            )
        )

    def suggest(self, text: str, *, most: int = SUGGESTIONS_MAX) -> tuple[Suggestion, ...]:
        """The task types that fit, likeliest first, ties by code; nothing when nothing fits."""
        words = terms_of(text)
        found = (profile.suggestion(words) for profile in self.profiles)
        fitting = [suggestion for suggestion in found if suggestion.score >= SCORE_MIN]
        return tuple(sorted(fitting, key=lambda fit: (-fit.score, fit.task_type))[:most])


def _phrases(task_type: TaskType) -> tuple[_Phrase, ...]:
    parts = [(run, _TITLE_WEIGHT) for run in _title_parts(task_type)]
    parts += [(keyword, 1.0) for keyword in task_type.keywords]
    return tuple(
        _Phrase(text, terms, weight) for text, weight in dict.fromkeys(parts) if (terms := phrase_terms_of(text))
    )


def _title_parts(task_type: TaskType) -> tuple[str, ...]:
    """A title by its parts: brackets and commas part it, and so do the Chinese words for "and"."""
    chinese = task_type.title
    for joint in "与和及、等":
        chinese = chinese.replace(joint, " ")
    return (*(run for run in runs_of(chinese) if len(run) > 1), task_type.title_en)
