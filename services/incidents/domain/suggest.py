"""Finds what somebody's words mean: Chinese by characters and their pairs, English by words.

Each thing that may be meant is a small text: its names, the words residents use for it, and examples. What somebody
says is compared with all of them by the cosine of their weighted terms; a keyword said in full counts extra. A
dictionary's cut into words was measured beside it and found fewer right classes, so there is none. Nothing is learned
behind anybody's back: a better list of words is a new version of the taxonomy, or of a task type.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import log, sqrt
from typing import Final

from services.incidents.domain.words import terms_of

SUGGESTIONS_MAX: Final = 5
SCORE_MIN: Final = 0.08

_NAME_TIMES: Final = 2
_PHRASE_BONUS: Final = 0.06
_PHRASE_BONUS_MAX: Final = 0.18


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """Something that words may mean, and the words for it."""

    code: str
    name: str
    name_en: str = ""
    keywords: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """Something that fits, and the keywords that were said in full."""

    code: str
    score: float
    matched: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Suggester:
    """Meanings prepared for guessing; make it anew when they change."""

    weights: Mapping[str, float]
    postings: Mapping[str, Sequence[tuple[str, float]]]
    phrases: Mapping[str, Sequence[str]]

    @classmethod
    def of(cls, meanings: Iterable[Meaning]) -> "Suggester":
        """Prepare what may be meant."""
        texts = {meaning.code: meaning for meaning in meanings}
        terms = {code: _terms_for(meaning) for code, meaning in texts.items()}
        holders = Counter(term for own in terms.values() for term in own)
        rarity = {term: log(1 + len(terms) / count) for term, count in holders.items()}
        postings: dict[str, list[tuple[str, float]]] = defaultdict(list)
        for code, own in terms.items():
            norm = sqrt(sum((share * rarity[term]) ** 2 for term, share in own.items())) or 1.0
            for term, share in own.items():
                postings[term].append((code, share * rarity[term] / norm))
        phrases: dict[str, list[str]] = defaultdict(list)
        for code, meaning in texts.items():
            for phrase in dict.fromkeys((meaning.name, *meaning.keywords)):
                if len(phrase) > 1:
                    phrases[phrase.casefold()].append(code)
        return cls(rarity, dict(postings), dict(phrases))

    def suggest(self, text: str, *, most: int = SUGGESTIONS_MAX) -> tuple[Suggestion, ...]:
        """What fits, likeliest first, ties by code; nothing when nothing fits."""
        terms = {term: count for term, count in terms_of(text).items() if term in self.weights}
        norm = sqrt(sum((share * self.weights[term]) ** 2 for term, share in terms.items())) or 1.0
        scores: dict[str, float] = defaultdict(float)
        for term, share in terms.items():
            for code, weight in self.postings[term]:
                scores[code] += share * self.weights[term] / norm * weight
        said = self._said(text)
        for code, phrases in said.items():
            bonus = sum(_PHRASE_BONUS * len(phrase) / 3 / len(self.phrases[phrase]) for phrase in phrases)
            scores[code] += min(bonus, _PHRASE_BONUS_MAX)
        found = [
            Suggestion(code=code, score=round(min(score, 1.0), 4), matched=tuple(said.get(code, ())))
            for code, score in scores.items()
            if score >= SCORE_MIN
        ]
        return tuple(sorted(found, key=lambda suggestion: (-suggestion.score, suggestion.code))[:most])

    def _said(self, text: str) -> dict[str, list[str]]:
        """Keywords that occur in full; one within another that also occurs does not count."""
        whole = text.casefold()
        occurring = [phrase for phrase in self.phrases if phrase in whole]
        said: dict[str, list[str]] = defaultdict(list)
        for phrase in occurring:
            if not any(phrase != other and phrase in other for other in occurring):
                for code in self.phrases[phrase]:
                    said[code].append(phrase)
        return said


def _terms_for(meaning: Meaning) -> dict[str, float]:
    texts = [meaning.name] * _NAME_TIMES + [meaning.name_en, *meaning.keywords, *meaning.examples]
    counts = sum((terms_of(text) for text in texts), Counter[str]())
    return {term: 1 + log(1 + count) for term, count in counts.items()}
