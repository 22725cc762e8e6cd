"""One way from words to a class, and from the class to the task types that serve it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from services.incidents.categories.domain import Category
from services.incidents.domain.suggest import SUGGESTIONS_MAX, Meaning, Suggester, Suggestion
from services.incidents.domain.tasktypes import Admission, TaskType
from services.incidents.domain.words import terms_of

#: A task type without a class of the taxonomy is guessed under a name of its own.
_CLASSLESS: Final = "task type "
#: So many meanings are looked at for so many task types, for some classes are served by nobody.
_LOOKED_AT: Final = 20


@dataclass(frozen=True, slots=True)
class Guessing:
    """A taxonomy and the city's task types, prepared; make it anew when either changes."""

    suggester: Suggester
    served_by: Mapping[str, tuple[TaskType, ...]]

    @classmethod
    def of(cls, categories: Iterable[Category], task_types: Iterable[TaskType]) -> "Guessing":
        """Prepare the classes in use, each with the words of the admitted task types that serve it."""
        classes = {category.code: category for category in categories if not category.retired}
        served_by: dict[str, list[TaskType]] = defaultdict(list)
        for kind in sorted(task_types, key=lambda each: each.code):
            if kind.admission is Admission.ADMITTED:
                own = kind.category_code if kind.category_code in classes else f"{_CLASSLESS}{kind.code}"
                served_by[own].append(kind)
        meanings = [_class_meaning(category, served_by.get(code, ())) for code, category in classes.items()]
        meanings += [_type_meaning(kinds[0], code) for code, kinds in served_by.items() if code.startswith(_CLASSLESS)]
        return cls(Suggester.of(meanings), {code: tuple(kinds) for code, kinds in served_by.items()})

    def classes(self, text: str, *, most: int = SUGGESTIONS_MAX) -> tuple[Suggestion, ...]:
        """The classes that words mean, likeliest first."""
        found = self.suggester.suggest(text, most=most + len(self.served_by))
        return tuple(each for each in found if not each.code.startswith(_CLASSLESS))[:most]

    def task_types(self, text: str, *, most: int = SUGGESTIONS_MAX) -> tuple[str, ...]:
        """The task types that serve what words mean, likeliest first; of one class that whose own words fit best."""
        found: dict[str, None] = {}
        for each in self.suggester.suggest(text, most=_LOOKED_AT):
            kinds = self.served_by.get(each.code, ())
            found.update(dict.fromkeys(kind.code for kind in sorted(kinds, key=lambda kind: -_shared(kind, text))))
        return tuple(found)[:most]


def _class_meaning(category: Category, kinds: Sequence[TaskType]) -> Meaning:
    return Meaning(
        code=category.code,
        name=category.name,
        name_en=category.name_en,
        keywords=tuple(dict.fromkeys([*category.keywords, *(word for kind in kinds for word in kind.keywords)])),
        examples=(*category.examples, *(title for kind in kinds for title in (kind.title, kind.title_en))),
    )


def _type_meaning(kind: TaskType, code: str) -> Meaning:
    return Meaning(code=code, name=kind.title, name_en=kind.title_en, keywords=kind.keywords)


def _shared(kind: TaskType, text: str) -> int:
    own = sum((terms_of(words) for words in (kind.title, kind.title_en, *kind.keywords)), terms_of(""))
    return (own & terms_of(text)).total()
