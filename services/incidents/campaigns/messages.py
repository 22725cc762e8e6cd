"""Says campaigns in the words of the contract."""

from gridward.incidents.v1 import campaigns_pb2

from services.incidents.campaigns.domain import Person, Standing, Way
from services.incidents.campaigns.store import Counted
from services.incidents.messages.moments import stamp

WAYS = {way: campaigns_pb2.ReachBy.Value(f"REACH_BY_{way.name}") for way in Way}
WAY_OF = {number: way for way, number in WAYS.items()}


def campaign_message(counted: Counted) -> campaigns_pb2.Campaign:
    """A campaign and how far it has come."""
    campaign, counts = counted.campaign, counted.counts

    def sum_of(standing: Standing) -> int:
        return sum(count for (_, state), count in counts.items() if state is standing)

    return campaigns_pb2.Campaign(
        id=campaign.id,
        title=campaign.title,
        tag=campaign.tag,
        area_code=campaign.area_code,
        person_count=sum(counts.values()),
        reached_count=sum_of(Standing.REACHED),
        missed_count=sum_of(Standing.MISSED),
        ways=[
            campaigns_pb2.ReachCount(
                by=WAYS[way],
                reached=counts.get((way, Standing.REACHED), 0),
                trying=counts.get((way, Standing.TRYING), 0),
            )
            for way in Way
        ],
        started_by=campaign.started_by,
        started_at=stamp(campaign.started_at),
        gathered=campaign.gathered,
    )


def to_reach_message(person: Person) -> campaigns_pb2.ToReach:
    """Somebody to call or visit."""
    return campaigns_pb2.ToReach(person_id=person.person_id, grid_code=person.grid_code, by=WAYS[person.way])
