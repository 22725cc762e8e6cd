"""The agreed renderings: `python -m tests.chart.golden` writes them anew, for a person to read the difference."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import Final

import yaml

from tests.chart import helm
from tests.chart.helm import Manifest

FOLDER: Final = Path(__file__).parent / "golden"
SHOWN: Final = ("host-departments", "host-urban-management", "host-fire", "host-heritage", "host-heritage-two")
#: Labels that say the same everywhere, left out for the sake of the reader.
USUAL: Final = ("helm.sh/chart", "app.kubernetes.io/version", "app.kubernetes.io/managed-by")


def file_of(profile: str) -> Path:
    """Where a profile's rendering lies."""
    return FOLDER / f"{profile}.yaml"


def text_of(manifests: Iterable[Manifest]) -> str:
    """Objects as text that changes only when something in them does; a dashboard as its digest."""
    shown = [item for item in manifests if not _one_of_many(item)]
    return yaml.dump_all(map(_shortened, shown), sort_keys=True, width=120, Dumper=_NoAliases)


def _one_of_many(item: Manifest) -> bool:
    """Eighteen departments come out of one template; those shown here stand for all."""
    component = str(item["metadata"]["labels"].get("app.kubernetes.io/component", ""))
    return component.startswith("host-") and component not in SHOWN


class _NoAliases(yaml.SafeDumper):
    def ignore_aliases(self, data: object) -> bool:
        return True


def _shortened(node: object) -> object:
    if isinstance(node, dict):
        return {
            key: sha256(str(value).encode()).hexdigest()[:16] if key.endswith(".json") else _shortened(value)
            for key, value in node.items()
            if key not in USUAL
        }
    return [_shortened(item) for item in node] if isinstance(node, list) else node


if __name__ == "__main__":
    for name in helm.PROFILES:
        file_of(name).write_text(text_of(helm.rendered(name)))
