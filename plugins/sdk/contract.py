"""Tries a whole plugin against the contract, with nothing but the kit.

The one test that every plugin should have:

    import my_department
    from plugins.sdk.contract import problems

    def test_the_department_keeps_the_contract() -> None:
        assert problems(my_department) == []

Each hook is called for each task type, with every choice of every question, in each state of light, twice over. It
must not raise, must ask the city the same both times, and must speak both languages. `python -m
plugins.sdk.contract my_department` says the same at the command line.
"""

import argparse
import importlib
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Final

from plugins.sdk.blame import told
from plugins.sdk.case import Case, FormAnswer, Signal
from plugins.sdk.city import Setting, Text
from plugins.sdk.errors import CityError
from plugins.sdk.hooks import HOOKS, Hooks
from plugins.sdk.manifest import FormField, Manifest, TaskType, check
from plugins.sdk.quality import lacking, shortfall
from plugins.sdk.recording import RecordingCity
from plugins.sdk.samples import a_case
from plugins.sdk.testing import call
from plugins.sdk.whereabouts import PackageMissing, folder_of

#: Computing time that a platinum plugin may take for one event.
EVENT_CPU_S: Final = 0.001
#: What nobody may take even once.
CALL_CPU_S_MAX: Final = 1.0
_SAMPLES: Final[dict[str, FormAnswer]] = {
    "string": "某处 somewhere",
    "text": "说明 words",
    "integer": 1,
    "decimal": 1.5,
    "boolean": True,
    "date": "2026-03-02",
}


def problems(plugin: ModuleType) -> list[str]:
    """Everything in which a plugin breaks the contract or its own claim of quality."""
    folder = Path(plugin.__file__ or "").parent
    manifest, faults = check(folder)
    if manifest is None or faults:
        return [str(fault) for fault in faults]
    try:
        hooks = Hooks(manifest.name, plugin).names
    except Exception as error:  # noqa: BLE001 pluggy names the hook or argument that is wrong
        return [str(error)]
    if not hooks:
        return ["the plugin has no hook: re-export its functions in __init__.py"]
    found: list[str] = []
    lacks = lacking(folder, manifest, hooks)
    for hook in hooks:
        trial = _Trial(plugin, manifest, hook)
        found.extend(dict.fromkeys(trial.problems()))
        if trial.slow:
            lacks.setdefault("platinum", []).append(f"{hook} takes {trial.cpu_s_each * 1000:.1f} ms for an event")
    return [*found, *shortfall(manifest.quality, lacks)]


@dataclass
class _Trial:
    """One hook called in every way that the manifest makes possible."""

    plugin: ModuleType
    manifest: Manifest
    hook: str
    calls: int = 0
    cpu_s: float = field(default=0.0)

    @property
    def cpu_s_each(self) -> float:
        """Computing time of one call."""
        return self.cpu_s / max(self.calls, 1)

    @property
    def slow(self) -> bool:
        """Whether a thousand events take more than a second."""
        return self.cpu_s_each > EVENT_CPU_S

    def problems(self) -> Iterator[str]:
        """Whatever goes wrong."""
        for case in self._cases():
            first, error = self._call(case)
            if error:
                yield f"{self.hook}: {_shown(case)}: {error}"
                continue
            second, _ = self._call(case)
            if _asked(first) != _asked(second):
                yield f"{self.hook}: {_shown(case)}: asks the city something else when it is called again"
            for text in _texts(first):
                yield from (f"{self.hook}: {problem}" for problem in _faults_of(text))

    def _cases(self) -> Iterator[Case | None]:
        if "case" not in HOOKS[self.hook]:
            yield None
            return
        for task_type in self.manifest.task_types:
            conditions = ["", *(condition.code for condition in task_type.filing_conditions)]
            for answers in _answers(task_type):
                for condition in conditions:
                    yield _case(task_type, self.manifest, answers, condition, Signal.GREEN)
            yield _case(task_type, self.manifest, {}, "", Signal.RED)

    def _call(self, case: Case | None) -> tuple[RecordingCity, str]:
        city = RecordingCity(
            cases_known=[case] if case else [],
            manifest=self.manifest,
            set_to=_settings(self.manifest),
            secrets={secret.name: "secret" for secret in self.manifest.secrets},
        )
        given: dict[str, object] = {"case": case} if case else {}
        began_s = time.process_time()
        error = ""
        try:
            call(self.plugin, self.hook, city=city, **given)
        except CityError as refused:
            error = "" if "CASE_UNKNOWN" in str(refused) else f"{refused}"
        except Exception as raised:  # noqa: BLE001 whatever it is, it would be put aside
            error = told(raised, Path(self.plugin.__file__ or "").parent)
        took_s = time.process_time() - began_s
        self.calls, self.cpu_s = self.calls + 1, self.cpu_s + took_s
        return city, error or (f"takes {took_s:.1f} s" if took_s > CALL_CPU_S_MAX else "")


def _settings(manifest: Manifest) -> dict[str, Setting]:
    samples: dict[str, Setting] = {
        "string": "https://department.example",
        "integer": 1,
        "decimal": 1.0,
        "boolean": True,
    }
    return {setting.name: samples[setting.type] for setting in manifest.settings if setting.default is None}


def _case(
    task_type: TaskType, manifest: Manifest, answers: dict[str, FormAnswer], condition: str, signal: Signal
) -> Case:
    return a_case(
        task_type=task_type.code,
        department_code=manifest.department,
        form_answers=answers,
        filing_condition=condition,
        emergency=task_type.emergency,
        signal=signal,
    )


def _answers(task_type: TaskType) -> Iterator[dict[str, FormAnswer]]:
    yield {}
    usual = {question.name: _sample(question) for question in task_type.fields}
    yield usual
    for question in task_type.fields:
        choices: list[FormAnswer] = [option.value for option in question.options]
        bounds = [value for value in (question.minimum, question.maximum) if value is not None]
        choices.extend(int(value) if question.type == "integer" else value for value in bounds)
        yield from ({**usual, question.name: choice} for choice in choices)


def _sample(question: FormField) -> FormAnswer:
    if question.options:
        return question.options[0].value
    sample = _SAMPLES[question.type]
    if isinstance(sample, int | float) and question.minimum is not None:
        return max(sample, int(question.minimum) if question.type == "integer" else question.minimum)
    return sample


def _asked(city: RecordingCity) -> tuple[object, ...]:
    return (city.notes, city.papers, city.stages, city.steps, city.reports, city.loans, city.letters)


def _texts(city: RecordingCity) -> Iterator[Text]:
    yield from (text for _, text in city.notes)
    yield from (report.description for report in city.reports)


def _faults_of(text: Text) -> Iterator[str]:
    if not text.zh.strip() or not text.en.strip():
        yield f"a text is empty in one language: {text}"
    elif text.zh == text.en:
        yield f"a text is the same in both languages: {text.zh}"
    for words in (text.zh, text.en):
        if "{" in words or "\n" in words:
            yield f"a text has a brace or a line break in it: {words}"


def _shown(case: Case | None) -> str:
    return f"{case.task_type} {dict(case.form_answers)}" if case else "with nothing"


def _problems_of(name: str) -> list[str]:
    """Problems of a package by its name; its manifest is read before its code is run."""
    try:
        folder = folder_of(name)
    except PackageMissing as missing:
        return [str(missing)]
    _, faults = check(folder)
    if faults:
        return [str(fault) for fault in faults]
    try:
        plugin = importlib.import_module(name)
    except (Exception, SystemExit) as error:  # noqa: BLE001 whatever it is, its author must see where
        return [told(error, folder)]
    return problems(plugin)


def main(arguments: list[str]) -> int:
    """Try the plugins named; 0 when nothing is wrong with any."""
    words = "Try departments against the contract of the city; each problem is named."
    parser = argparse.ArgumentParser(prog="python -m plugins.sdk.contract", description=words)
    parser.add_argument("packages", nargs="+", metavar="PACKAGE", help="such as parks, or plugins.parks in the tree")
    wrong = False
    for name in parser.parse_args(arguments).packages:
        found = _problems_of(name)
        wrong = wrong or bool(found)
        for line in found or ["符合约定 keeps the contract"]:
            sys.stdout.write(f"{name}: {line}\n")
    return int(wrong)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
