"""Names what can go wrong with points, so that everybody is told the same."""

from services.platform.errors import AlreadyExists, Conflict, Forbidden, Invalid, NotFound, Unavailable


class AmountInvalid(Invalid):
    """Points are moved in whole numbers from 1 to 1000000, not {amount}."""

    reason = "AMOUNT_INVALID"


class AccountReserved(Invalid):
    """{owner} is an account of the ledger itself; nobody earns on it."""

    reason = "ACCOUNT_RESERVED"


class AccountUnknown(NotFound):
    """The ledger has no account of {owner} for this."""

    reason = "ACCOUNT_UNKNOWN"


class TransferKeyReused(AlreadyExists):
    """Key {key} was used before for a different transfer."""

    reason = "TRANSFER_KEY_REUSED"


class BalanceInsufficient(Conflict):
    """The account of {owner} holds less than {amount} points."""

    reason = "BALANCE_INSUFFICIENT"


class HoldResolved(Conflict):
    """It was settled before and happens once."""

    reason = "HOLD_RESOLVED"


class GroupTooLarge(Invalid):
    """A group of movements has 1 to {limit} legs, not {legs}."""

    reason = "GROUP_TOO_LARGE"


class AccountHidden(Forbidden):
    """You may look at your own points only."""

    reason = "ACCOUNT_HIDDEN"


class BooksClosed(Unavailable):
    """The points ledger takes no changes because a check found something wrong; everything can still be read."""

    reason = "BOOKS_CLOSED"


class VolunteerUnknown(NotFound):
    """There is no volunteer {subject} here."""

    reason = "VOLUNTEER_UNKNOWN"


class TeamInvalid(Invalid):
    """Team {team}: {problem}."""

    reason = "TEAM_INVALID"


class QuotaBelowClaims(Conflict):
    """More places are claimed than {quota}; free some first."""

    reason = "QUOTA_BELOW_CLAIMS"


class PlacesTaken(Conflict):
    """All places are taken; thank you for being ready to help."""

    reason = "PLACES_TAKEN"


class PostClaimed(AlreadyExists):
    """You hold this post already."""

    reason = "POST_CLAIMED"


class PostNotClaimed(Conflict):
    """You do not hold this post."""

    reason = "POST_NOT_CLAIMED"


class PostUnknown(NotFound):
    """There is no such post."""

    reason = "POST_UNKNOWN"


class ForceTooSmall(Conflict):
    """{wanted} teams are wanted and only {free} are free."""

    reason = "FORCE_TOO_SMALL"


class DispatchUnknown(NotFound):
    """There is no such call, or its teams went home already."""

    reason = "DISPATCH_UNKNOWN"


class GoodsUnknown(NotFound):
    """There are no such goods."""

    reason = "GOODS_UNKNOWN"


class GoodsWithdrawn(Conflict):
    """{title} is not offered any more."""

    reason = "GOODS_WITHDRAWN"


class PlaceUnknown(NotFound):
    """There is no such pick-up place."""

    reason = "PLACE_UNKNOWN"


class StockEmpty(Conflict):
    """There is not enough of {title} at this place."""

    reason = "STOCK_EMPTY"


class LimitReached(Conflict):
    """One person may have {title} {limit} times a month."""

    reason = "LIMIT_REACHED"


class RedemptionUnknown(NotFound):
    """There is no such redemption."""

    reason = "REDEMPTION_UNKNOWN"


class CodeUnknown(NotFound):
    """The pick-up code is not ours, or it was used already."""

    reason = "CODE_UNKNOWN"


class NotFetched(Conflict):
    """Only what was fetched can be brought back."""

    reason = "NOT_FETCHED"


class OwnCounter(Forbidden):
    """Nobody hands goods over to themselves; ask a colleague."""

    reason = "OWN_COUNTER"


class OrderUnknown(NotFound):
    """There is no such order."""

    reason = "ORDER_UNKNOWN"


class OrderNotInState(Conflict):
    """That is not possible while the order stands at: {state}."""

    reason = "ORDER_NOT_IN_STATE"


class OrderClaimed(AlreadyExists):
    """You took a place in this order before."""

    reason = "ORDER_CLAIMED"


class ClaimOverlaps(Conflict):
    """At that time you are with order {number}."""

    reason = "CLAIM_OVERLAPS"


class NotOfferedYet(Conflict):
    """The order is offered to those nearer first; it reaches you at {at}."""

    reason = "NOT_OFFERED_YET"


class NotAVolunteer(Forbidden):
    """Please register as a volunteer first."""

    reason = "NOT_A_VOLUNTEER"


class VolunteerBarred(Forbidden):
    """You cannot take orders at present: {why}."""

    reason = "VOLUNTEER_BARRED"


class OwnOrder(Forbidden):
    """Nobody serves their own order."""

    reason = "OWN_ORDER"


class ClaimUnknown(NotFound):
    """There is no such claim on this order."""

    reason = "CLAIM_UNKNOWN"


class ClaimNotInState(Conflict):
    """That is not possible while the claim stands at: {state}."""

    reason = "CLAIM_NOT_IN_STATE"


class TooFar(Conflict):
    """You are {distance_m} m from the place; at most {radius_m} m count."""

    reason = "TOO_FAR"


class TooEarly(Conflict):
    """It is too early; possible from {at}."""

    reason = "TOO_EARLY"


class TooLate(Conflict):
    """The time for that ended at {at}."""

    reason = "TOO_LATE"


class SettlementIncomplete(Conflict):
    """Still missing: {missing}."""

    reason = "SETTLEMENT_INCOMPLETE"


class OwnService(Forbidden):
    """Nobody decides about their own service."""

    reason = "OWN_SERVICE"


class NotYourOrder(Forbidden):
    """Only whoever opened the order may do that."""

    reason = "NOT_YOUR_ORDER"


class PairInvalid(Invalid):
    """A pair is one or two different volunteers and one other person: {problem}."""

    reason = "PAIR_INVALID"


class PairUnknown(NotFound):
    """There is no such pair."""

    reason = "PAIR_UNKNOWN"


class NoHours(Conflict):
    """No hours were given in this period."""

    reason = "NO_HOURS"


class AllianceInvalid(Invalid):
    """A unit stands twice among the members of the alliance."""

    reason = "ALLIANCE_INVALID"


class AllianceUnknown(NotFound):
    """There is no alliance {code}."""

    reason = "ALLIANCE_UNKNOWN"


class MinutesMissing(Conflict):
    """Session {number}, chaired by {chair}, has no minutes yet; write them before the next session is opened."""

    reason = "MINUTES_MISSING"


class NoOpenSession(Conflict):
    """There is no session {number} that waits for minutes."""

    reason = "NO_OPEN_SESSION"


class NotAppointed(Conflict):
    """The volunteer holds no place in a team and no post; there is nothing to be appointed to."""

    reason = "NOT_APPOINTED"


class NoEmployer(Conflict):
    """The volunteer named no employer; there is nobody to praise to."""

    reason = "NO_EMPLOYER"


class LetterUnknown(NotFound):
    """There is no such letter; it is not ours."""

    reason = "LETTER_UNKNOWN"


class LetterNotForOneself(Forbidden):
    """Nobody writes a letter about themselves; let a colleague do it."""

    reason = "LETTER_NOT_FOR_ONESELF"


class CertificateUnknown(NotFound):
    """There is no such certificate; it is not ours."""

    reason = "CERTIFICATE_UNKNOWN"


class ReviewGiven(AlreadyExists):
    """The review was given already."""

    reason = "REVIEW_GIVEN"


class ReviewNotYours(Forbidden):
    """The review is not yours to give."""

    reason = "REVIEW_NOT_YOURS"


class PointRulesInvalid(Invalid):
    """The rules are not sound: {problem}."""

    reason = "POINT_RULES_INVALID"


class PointRulesUnknown(NotFound):
    """There is no version {version} of the rules."""

    reason = "POINT_RULES_UNKNOWN"


class PointRulesUntried(Conflict):
    """Try version {version} on past orders first."""

    reason = "POINT_RULES_UNTRIED"


class PointRulesPast(Conflict):
    """Rules hold from now on or later, never for the past."""

    reason = "POINT_RULES_PAST"


class OwnAccount(Forbidden):
    """Nobody corrects their own points."""

    reason = "OWN_ACCOUNT"


class AdjustmentUnknown(NotFound):
    """There is no such correction."""

    reason = "ADJUSTMENT_UNKNOWN"


class AdjustmentDecided(Conflict):
    """The correction was decided already."""

    reason = "ADJUSTMENT_DECIDED"


class SecondPersonNeeded(Forbidden):
    """A second person has to decide about it."""

    reason = "SECOND_PERSON_NEEDED"
