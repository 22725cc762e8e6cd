"""Tells Python's collector what stays, so that it looks only at what comes and goes.

A process that is ready has read its whole city. The collector would walk through all of it again and again, in the
middle of calls, and never find anything to collect.
"""

import gc
from typing import Final

#: One call makes some thousand objects, nearly all of which are gone by themselves when it ends.
YOUNG_MAX: Final = 10_000


def settle() -> None:
    """Whatever there is now stays for good; from here on only what comes after it is looked at."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_MAX, *gc.get_threshold()[1:])
