"""Reads for a department what other offices lend it, and of that only what it asks for."""

from collections.abc import Mapping
from typing import Final

from gridward.registry.v1 import catalogue_pb2

from plugins import sdk
from services.host.core import Core
from services.platform.identity import Caller

ROWS_LENT_MAX: Final = 500
GRANTED: Final = "granted"


def rows_lent(core: Core, loan: sdk.Loan, *, department: str, borrower: Caller) -> tuple[Mapping[str, str], ...]:
    """The rows of the first loan that has any; fails with Refused where none was granted."""
    for loan_id in _fitting(core, loan, department=department, borrower=borrower):
        request = catalogue_pb2.ReadLoanRequest(
            id=loan_id, key=loan.subject, area_code=loan.area_code, tags=loan.tags, page_size=ROWS_LENT_MAX
        )
        rows = core.call(core.catalogue.ReadLoan, request, caller=borrower).rows
        if rows:
            return tuple({name: row.values[name] for name in loan.fields if name in row.values} for row in rows)
    return ()


def _fitting(core: Core, loan: sdk.Loan, *, department: str, borrower: Caller) -> list[str]:
    """The department's loans that hold every field asked for; each is about an area of its own."""
    answer = core.call(core.catalogue.ListLoans, catalogue_pb2.ListLoansRequest(), caller=borrower)
    found = [
        granted.id
        for granted in answer.loans
        if (granted.state, granted.borrower) == (GRANTED, department) and set(loan.fields) <= set(granted.item_codes)
    ]
    if not found:
        raise sdk.Refused(reason="LOAN_MISSING", message=f"no loan of {', '.join(loan.fields)} was granted")
    return found
