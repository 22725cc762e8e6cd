"""Names what a row of reports may be refused for as a whole."""

from typing import Final

from services.platform.errors import Invalid

#: So many answers fit into one message.
REPORTS_MAX: Final = 20_000


class ReplayTooLong(Invalid):
    """At most {most} reports come in one stream; please send the rest in another."""

    reason = "REPLAY_TOO_LONG"
