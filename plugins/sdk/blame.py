"""Says in one line what went wrong in somebody's code, and where in it."""

import traceback
from pathlib import Path


def told(error: BaseException, folder: Path) -> str:
    """`rules.py:12: ZeroDivisionError: division by zero`, by the last line of the folder's code that was at it."""
    if isinstance(error, SyntaxError) and error.filename:
        places = [(Path(error.filename), error.lineno)]
    else:
        places = [(Path(frame.filename), frame.lineno) for frame in traceback.extract_tb(error.__traceback__)]
    own = [(path, line) for path, line in places if path.is_relative_to(folder)]
    what = error.msg if isinstance(error, SyntaxError) else str(error)
    where = f"{own[-1][0].relative_to(folder).as_posix()}:{own[-1][1]}: " if own else ""
    return f"{where}{type(error).__name__}: {what}"
