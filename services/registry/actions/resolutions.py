"""Makes a case of each resolution that is to become one, and tries again while incidents is away."""

from dataclasses import replace
from typing import Final
from uuid import UUID

import structlog

from services.platform.database import Transaction
from services.platform.errors import Exhausted, GridwardError, Unavailable
from services.platform.rounds import again_and_again
from services.registry.actions.office import Office
from services.registry.neighbours import Neighbours
from services.registry.store import councils

log = structlog.get_logger()

EVERY_S: Final = 2.0


class Resolutions:
    """Looks for resolutions without a case. Each is told under its own id, so none becomes two cases."""

    def __init__(self, office: Office, neighbours: Neighbours) -> None:
        self._office = office
        self._neighbours = neighbours

    async def run(self) -> None:
        """Until cancelled."""
        await again_and_again(self.file_due, every_s=EVERY_S, waiting="resolutions_wait")

    async def file_due(self) -> int:
        """File what is due; how many became cases. Fails with UNAVAILABLE while incidents does not answer."""
        filed = 0
        async with self._office.database.transaction() as transaction:
            for proposal_id in await councils.list_to_file(transaction):
                filed += await self._file(transaction, proposal_id)
        return filed

    async def _file(self, transaction: Transaction, proposal_id: UUID) -> bool:
        proposal = await councils.lock_proposal(transaction, proposal_id)
        if proposal is None:
            return False
        try:
            case = await self._neighbours.open_case(
                request_id=f"resolution-{proposal.id}",
                task_type=proposal.task_type,
                description=f"{proposal.title}\n{proposal.text}",
                place=proposal.title,
                point=(proposal.longitude_deg, proposal.latitude_deg),
            )
        except (Unavailable, Exhausted):
            raise
        except GridwardError as error:
            # Incidents will not take it: the task type is not admitted, for example; said once, and shown.
            log.warning("resolution_refused", proposal_id=str(proposal_id), reason=error.reason)
            await councils.save_proposal(transaction, replace(proposal, case_problem=error.reason))
            return False
        await councils.save_proposal(transaction, replace(proposal, case_id=case.case_id, case_number=case.number))
        log.info("resolution_filed", proposal_id=str(proposal_id), case_id=case.case_id)
        return True
