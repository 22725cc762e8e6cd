"""Lets a tool that is not ours read the document of the interface and try whether every address keeps to it.

Schemathesis makes requests from the OpenAPI document alone, right ones and wrong ones. It is fetched for the run by uv,
in one version, and is no part of what the tests of every day install.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from tests.acceptance.suite import Person, Suite

VERSION: Final = "4.32.5"
LOGIN: Final = "chief"
#: What must hold of every answer, whatever was asked.
CHECKS: Final = "not_a_server_error,content_type_conformance,unsupported_method"
#: A stream never ends, and who signs out is nobody for the rest of the run.
LEFT_OUT: Final = r"^/v1/(stream|session)$"
ANSWER_S: Final = 20
#: How bodies that are no JSON are written.
HOOKS: Final = "schemathesis_hooks"


def attack(suite: Suite, *, seed: int, examples: int, seconds: int) -> bool:
    """So many requests to every address of a running city, for so long at most; whether all answers were in order."""
    person = Person(suite, LOGIN)
    uvx = Path(sys.executable).with_name("uvx")
    command = [
        str(uvx), "--quiet", f"schemathesis@{VERSION}", "run", f"{suite.url}/v1/openapi.json",
        "--header", f"Authorization: {person.client.headers['authorization']}",
        "--checks", CHECKS, "--phases", "fuzzing", "--max-examples", str(examples), "--seed", str(seed),
        "--exclude-path-regex", LEFT_OUT, "--request-timeout", str(ANSWER_S), "--continue-on-failure",
        "--generation-database", "none", "--max-time", str(seconds), "--no-color",
    ]  # fmt: skip
    with tempfile.TemporaryDirectory() as aside:
        # What it keeps for later goes there; our hooks are found beside this file.
        told = {**os.environ, "SCHEMATHESIS_HOOKS": HOOKS, "PYTHONPATH": str(Path(__file__).parent)}
        return subprocess.run(command, check=False, cwd=aside, env=told).returncode == 0
