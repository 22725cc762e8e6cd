"""Prints the table of steps as a page: `python -m services.incidents.domain.table > docs/workflow.md`."""

import sys

from services.incidents.domain.table.written import written

sys.stdout.write(written())
