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


class AccountHidden(Forbidden):
    """You may look at your own points only."""

    reason = "ACCOUNT_HIDDEN"


class BooksClosed(Unavailable):
    """The points ledger takes no changes because a check found something wrong; everything can still be read."""

    reason = "BOOKS_CLOSED"
