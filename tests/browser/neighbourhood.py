"""A community at work, for pages to show: opinions, errands, task lists, campaigns, questions of law, a council."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from google.protobuf import any_pb2
from google.protobuf.message import Message
from gridward.incidents.v1 import campaigns_pb2, duties_pb2, errands_pb2, opinions_pb2, stations_pb2

from services.incidents.duties.domain import DutyStale
from services.incidents.errands.domain import ErrandStale
from services.incidents.opinions.domain import OpinionStale
from services.incidents.stations.domain import ItemStale
from tests.integration.gateway.fakes import stamp

GRID = "999102001001001"
COMMUNITY = GRID[:12]
WORKER = f"staff:GW-{GRID[3:]}"
IDS = [f"01900000-0000-7000-8000-{number:012}" for number in range(1, 9)]
OWN = ("campaigns_pb2", "duties_pb2", "errands_pb2", "opinions_pb2", "stations_pb2")
NOW = datetime.now(UTC)


def at(days: float) -> Any:
    """A moment so many days from now."""
    return stamp(NOW + timedelta(days=days))


def packed(told: Message) -> any_pb2.Any:
    """What a refusal brings along."""
    fresh = any_pb2.Any()
    fresh.Pack(told)
    return fresh


class Neighbourhood:
    """What incidents would answer; each step changes what is shown next."""

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.opinion = opinions_pb2.Opinion(
            id=IDS[0], version=1, state=opinions_pb2.OPINION_STATE_COLLECTED, grid_code=GRID, collected_by=WORKER,
            words="三单元门口的路灯坏了半个月,晚上接孩子不敢走。", tone=opinions_pb2.TONE_NEGATIVE, collected_at=at(-1),
        )  # fmt: skip
        self.errand = errands_pb2.Errand(
            id=IDS[1], version=2, state=errands_pb2.ERRAND_STATE_OPEN, mode=errands_pb2.ERRAND_MODE_AGENCY,
            grid_code=GRID, person_id="p1", matter="代领老年人优待证", opened_at=at(-2),
            consent=errands_pb2.Consent(until_day="2027-03-31"),
            lines=[errands_pb2.ErrandLine(at=at(-2), by=WORKER, place=errands_pb2.ERRAND_PLACE_GRID,
                                          mode=errands_pb2.ERRAND_MODE_AGENCY, state=errands_pb2.ERRAND_STATE_OPEN,
                                          words="上门取材料")],
        )  # fmt: skip
        self.duties = [
            duties_pb2.Duty(
                id=IDS[2], version=2, title="独居老人每周探访", definition="当面见到本人并聊上几句", quantity=48,
                unit="户次", steps=["敲门", "看药盒", "记日记"], measure="当季 90% 以上", area_code=COMMUNITY,
                accountable="community_admin-02001001", due_at=at(20), published_at=at(-10), done=31,
                appraisals=[duties_pb2.Appraisal(quarter="2026Q3", appraiser=duties_pb2.APPRAISER_HOUSEHOLDS, score=92, words="随访满意")],
            ),
            duties_pb2.Duty(id=IDS[3], version=1, title="楼道清理", area_code=COMMUNITY, missing=["quantity", "unit", "due_at"]),
        ]  # fmt: skip
        self.campaign = campaigns_pb2.Campaign(
            id=IDS[4], title="防诈骗提醒", tag="lone_elderly", area_code=COMMUNITY, person_count=120, reached_count=96,
            missed_count=2, started_by="staff:CA-02001001", started_at=at(-1), gathered=True,
            ways=[campaigns_pb2.ReachCount(by=campaigns_pb2.REACH_BY_SMS, reached=80),
                  campaigns_pb2.ReachCount(by=campaigns_pb2.REACH_BY_VISIT, reached=16, trying=22)],
        )  # fmt: skip
        self.question = stations_pb2.LegalQuestion(
            id=IDS[5], grid_code=GRID, words="邻居装空调滴水,能否要求移机?", by_hotline=True, asked_at=at(-0.2),
            receiver="duty_lawyer-02001", lawyer="staff:duty_lawyer-02001",
        )  # fmt: skip
        self.item = stations_pb2.CouncilItem(
            id=IDS[6], version=1, grid_code=GRID, kind=stations_pb2.ITEM_KIND_HARD, title="二号楼加装电梯", parties=["业主代表"],
            proposed_at=at(-3),
        )  # fmt: skip
        self.selection = stations_pb2.Selection(
            id=IDS[7], area_code=GRID, title="业主委员会换届", closes_at=at(2), household_count=37,
            votes=[stations_pb2.Votes(candidate="第一组", count=24), stations_pb2.Votes(candidate="第二组", count=13)],
        )  # fmt: skip

    def answer(self, request: Any) -> Message:
        """What the request deserves."""
        self.asked.append(request)
        steps = {
            opinions_pb2.AdvanceOpinionRequest: self._advance_opinion,
            errands_pb2.AdvanceErrandRequest: self._advance_errand,
            duties_pb2.DraftDutyRequest: self._draft,
            stations_pb2.JoinItemRequest: self._join,
            duties_pb2.RecordWorkRequest: self._work,
        }
        if type(request) in steps:
            return steps[type(request)](request)
        answers: dict[type[Any], Message] = {
            opinions_pb2.ListOpinionsRequest: opinions_pb2.ListOpinionsResponse(opinions=[self.opinion]),
            opinions_pb2.CollectOpinionRequest: opinions_pb2.CollectOpinionResponse(opinion=self.opinion),
            opinions_pb2.GetMoodRequest: opinions_pb2.GetMoodResponse(
                moods=[
                    opinions_pb2.Mood(area_code=COMMUNITY, day=getattr(request, "until_day", ""), index=95, negative=1, open=1)
                ]
            ),
            errands_pb2.ListErrandsRequest: errands_pb2.ListErrandsResponse(errands=[self.errand]),
            errands_pb2.GetErrandRequest: errands_pb2.GetErrandResponse(errand=self.errand),
            duties_pb2.ListDutiesRequest: duties_pb2.ListDutiesResponse(duties=self.duties),
            campaigns_pb2.ListCampaignsRequest: campaigns_pb2.ListCampaignsResponse(campaigns=[self.campaign]),
            campaigns_pb2.ListToReachRequest: campaigns_pb2.ListToReachResponse(
                persons=[campaigns_pb2.ToReach(person_id="p1", grid_code=GRID, by=campaigns_pb2.REACH_BY_VISIT)]
            ),
            campaigns_pb2.RecordReachedRequest: campaigns_pb2.RecordReachedResponse(),
            stations_pb2.ListLegalQuestionsRequest: stations_pb2.ListLegalQuestionsResponse(questions=[self.question]),
            stations_pb2.AskLegalRequest: stations_pb2.AskLegalResponse(question=self.question),
            stations_pb2.ListItemsRequest: stations_pb2.ListItemsResponse(items=[self.item]),
            stations_pb2.ListSelectionsRequest: stations_pb2.ListSelectionsResponse(selections=[self.selection]),
            stations_pb2.CastVoteRequest: stations_pb2.CastVoteResponse(selection=self.selection),
        }  # fmt: skip
        return answers[type(request)]

    def last(self, kind: type[Any]) -> Any:
        """The last request of a kind."""
        return [each for each in self.asked if isinstance(each, kind)][-1]

    def _advance_opinion(self, request: opinions_pb2.AdvanceOpinionRequest) -> Message:
        step, opinion = request.step, self.opinion
        if request.version != opinion.version:
            fresh = packed(opinions_pb2.AdvanceOpinionResponse(opinion=opinion))
            raise OpinionStale(fresh=fresh, version=opinion.version)
        if step == opinions_pb2.OPINION_STEP_HANDLE:
            opinion.state, opinion.handler = opinions_pb2.OPINION_STATE_HANDLED, WORKER
        elif step == opinions_pb2.OPINION_STEP_ANSWER:
            opinion.state, opinion.answer = opinions_pb2.OPINION_STATE_ANSWERED, request.words
        elif step == opinions_pb2.OPINION_STEP_RATE:
            opinion.rating = request.rating
        else:
            opinion.state = opinions_pb2.OPINION_STATE_CLOSED
        opinion.version += 1
        return opinions_pb2.AdvanceOpinionResponse(opinion=opinion)

    def _advance_errand(self, request: errands_pb2.AdvanceErrandRequest) -> Message:
        if request.version != self.errand.version:
            fresh = packed(errands_pb2.AdvanceErrandResponse(errand=self.errand))
            raise ErrandStale(fresh=fresh, version=self.errand.version)
        self.errand.version += 1
        return errands_pb2.AdvanceErrandResponse(errand=self.errand)

    def _draft(self, request: duties_pb2.DraftDutyRequest) -> Message:
        draft = self.duties[1]
        if request.duty.version != draft.version:
            raise DutyStale(fresh=packed(duties_pb2.DraftDutyResponse(duty=draft)), version=draft.version)
        draft.title = request.duty.title
        draft.version += 1
        return duties_pb2.DraftDutyResponse(duty=draft)

    def _join(self, request: stations_pb2.JoinItemRequest) -> Message:
        if request.version != self.item.version:
            fresh = packed(stations_pb2.JoinItemResponse(item=self.item))
            raise ItemStale(fresh=fresh, version=self.item.version)
        self.item.parties.append(request.party)
        self.item.version += 1
        return stations_pb2.JoinItemResponse(item=self.item)

    def _work(self, request: duties_pb2.RecordWorkRequest) -> Message:
        self.duties[0].done += request.quantity
        return duties_pb2.RecordWorkResponse(duty=self.duties[0])
