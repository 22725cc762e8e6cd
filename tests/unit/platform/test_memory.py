"""The collector leaves alone what a ready process has read."""

import subprocess
import sys

SETTLED = """
import gc
from services.platform import memory
memory.settle()
assert gc.isenabled() and gc.get_freeze_count() > 1000 and gc.get_threshold()[0] == memory.YOUNG_MAX
"""


def test_what_is_there_when_a_process_settles_is_never_looked_through_again() -> None:
    # In a process of its own: what a test run holds is not to stay.
    subprocess.run([sys.executable, "-c", SETTLED], check=True, timeout=60)
