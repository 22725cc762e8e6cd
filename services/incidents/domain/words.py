"""Compares texts by the pairs of characters they are made of, which serves Chinese and English alike."""

import re
import unicodedata
from collections import Counter
from typing import Final

_RUNS: Final = re.compile(r"\w+")
_TERMS: Final = re.compile(r"[a-z]+|[^\Wa-z]+")
_STEM_LETTERS: Final = 6
_ENDINGS: Final = re.compile(r"(?<=[a-z]{3})(?:ings?|ed|es|s|ly)$")
_WORD_LETTERS_MIN: Final = 3
#: Words that say nothing of what it is, only that there is something the matter with it.
_EMPTY_WORDS: Final = frozenset(
    [
        "and",
        "are",
        "broken",
        "damaged",
        "faulty",
        "for",
        "has",
        "missing",
        "near",
        "not",
        "that",
        "the",
        "there",
        "this",
        "was",
        "with",
    ]
)


def runs_of(text: str) -> tuple[str, ...]:
    """The stretches of letters, digits and characters between marks and spaces, in small letters and one width."""
    return tuple(_RUNS.findall(unicodedata.normalize("NFKC", text).casefold()))


def bigrams_of(text: str) -> Counter[str]:
    """How often each pair of neighbours occurs; a stretch of one character counts as itself."""
    pairs: Counter[str] = Counter()
    for run in runs_of(text):
        if len(run) == 1:
            pairs[run] += 1
        pairs.update(run[index : index + 2] for index in range(len(run) - 1))
    return pairs


def similarity(one: Counter[str], other: Counter[str]) -> float:
    """The Dice measure of two texts' pairs: 0 for nothing in common, 1 for the same pairs."""
    total = one.total() + other.total()
    return 2 * (one & other).total() / total if total else 0.0


def terms_of(text: str) -> Counter[str]:
    """What a text is about: Chinese by pairs and single characters, English by the beginnings of its words."""
    terms: Counter[str] = Counter()
    for run in _TERMS.findall(unicodedata.normalize("NFKC", text).casefold()):
        if run.isascii() and run.isalpha():
            if len(run) >= _WORD_LETTERS_MIN and run not in _EMPTY_WORDS:
                terms[_ENDINGS.sub("", run)[:_STEM_LETTERS]] += 1
        else:
            terms.update(run[index : index + 2] for index in range(len(run) - 1))
            terms.update(set(run))
    return terms
