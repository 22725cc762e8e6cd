"""Lets a department try its hooks on a made-up case, with no broker, no database and no city running."""

from datetime import UTC
from functools import cache
from pathlib import Path
from types import ModuleType

from plugins.sdk.case import Award, Leg, Signal, StepKind
from plugins.sdk.hooks import HOOKS, Hooks, Message
from plugins.sdk.manifest import Manifest, read
from plugins.sdk.recording import Notebook, RecordingCity
from plugins.sdk.samples import MONDAY_MORNING, a_case, an_entry

__all__ = ["MONDAY_MORNING", "Notebook", "RecordingCity", "a_case", "an_entry", "call", "manifest_of"]


def call(plugin: ModuleType, hook: str, **given: object) -> RecordingCity:
    """Call one hook of a plugin as the city would, and return the city it talked to.

    What the test does not give is made up. A hook that the plugin does not have, a misspelt name or an argument
    that is not on the page of hooks fails as it would when the plugin is loaded.
    """
    hooks = Hooks(plugin.__name__, plugin)
    if hook not in hooks.names:
        raise LookupError(f"{plugin.__name__} has no hook {hook}; it has {', '.join(hooks.names) or 'none'}")
    surplus = given.keys() - HOOKS[hook]
    if surplus:
        raise TypeError(f"{hook} offers {', '.join(HOOKS[hook])}, not {', '.join(sorted(surplus))}")
    city = given.get("city")
    if not isinstance(city, RecordingCity):
        city = RecordingCity()
    if city.manifest is None:
        city.manifest = manifest_of(plugin)
    hooks.call(hook, **{**_made_up(hook), **given, "city": city})
    return city


def manifest_of(plugin: ModuleType) -> Manifest | None:
    """The manifest beside a plugin's code; None for a module made up by a test."""
    file = plugin.__dict__.get("__file__")
    return _manifest_in(Path(file).parent) if file else None


@cache
def _manifest_in(folder: Path) -> Manifest | None:
    return read(folder) if (folder / "manifest.toml").exists() else None


def _made_up(hook: str) -> dict[str, object]:
    everything: dict[str, object] = {
        "case": a_case(),
        "entry": an_entry(StepKind.UNKNOWN),
        "before": Signal.GREEN,
        "leg": Leg(loop_level=2, receiver="subdistrict", received_at=MONDAY_MORNING),
        "award": Award(beneficiary="", points=0),
        "message": Message(topic="", content={}),
        "day": MONDAY_MORNING.astimezone(UTC).date(),
        "at": MONDAY_MORNING,
    }
    return {name: value for name, value in everything.items() if name in HOOKS[hook]}
