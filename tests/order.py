"""In which order files of tests are begun: the long ones first, so that at the end none keeps everybody waiting.

Files that set up a whole city take turns with files that mostly wait, so that the cores are busy and not fought over.
A file that is not named comes with its folder; one by itself passes in any order.
"""

from collections.abc import Sequence
from typing import Final

#: Files of more than half a minute.
FIRST: Final = (
    "tests/acceptance/test_stories.py",
    "tests/integration/host/test_broker.py",
    "tests/integration/video/test_patrol.py",
    "tests/acceptance/test_manhole.py",
    "tests/browser/test_registry.py",
    "tests/integration/host/test_broker_drill.py",
    "tests/acceptance/test_crashes.py",
    "tests/browser/test_faults.py",
    "tests/integration/host/test_isolation.py",
    "tests/acceptance/test_bad_requests.py",
    "tests/browser/test_every_page.py",
    "tests/integration/host/test_releases.py",
    "tests/acceptance/test_everywhere.py",
    "tests/browser/test_pocket.py",
    "tests/integration/incidents/test_campaigns.py",
    "tests/integration/registry/test_imports.py",
)
#: Then these folders; the last ones hold many files of a second each, which fill every gap.
FOLDERS: Final = (
    "tests/browser/",
    "tests/integration/host/",
    "tests/integration/machine/",
    "tests/simulation/",
    "tests/integration/",
    "tests/",
    "plugins/",
    "tests/unit/",
)


def place_of(file: str) -> tuple[int, int]:
    """Where a file comes, by its path from the root."""
    if file in FIRST:
        return 0, FIRST.index(file)
    fitting: Sequence[str] = sorted((folder for folder in FOLDERS if file.startswith(folder)), key=len)
    return 1, FOLDERS.index(fitting[-1]) if fitting else len(FOLDERS)
