"""What Open311 clients are told when something is wrong with what they asked."""

from services.platform.errors import Forbidden, Invalid, NotFound


class FormatUnknown(NotFound):
    """There is no format {format}; ask for xml or json."""

    reason = "OPEN311_FORMAT_UNKNOWN"


class JurisdictionUnknown(NotFound):
    """The jurisdiction {jurisdiction} is not served here."""

    reason = "OPEN311_JURISDICTION_UNKNOWN"


class ServiceUnknown(NotFound):
    """There is no service {service_code}."""

    reason = "OPEN311_SERVICE_UNKNOWN"


class RequestUnknown(NotFound):
    """There is no service request {number}."""

    reason = "OPEN311_REQUEST_UNKNOWN"


class TokenUnknown(NotFound):
    """There is no such token."""

    reason = "OPEN311_TOKEN_UNKNOWN"


class KeyRefused(Forbidden):
    """The api_key is missing or not valid."""

    reason = "OPEN311_KEY_REFUSED"


class ParameterMissing(Invalid):
    """{parameter} was not provided."""

    reason = "OPEN311_PARAMETER_MISSING"


class ParameterInvalid(Invalid):
    """{parameter} cannot be used: {given}."""

    reason = "OPEN311_PARAMETER_INVALID"


class SpanTooLong(Invalid):
    """The dates may lie at most {days} days apart."""

    reason = "OPEN311_SPAN_TOO_LONG"


class AddressUnclear(Invalid):
    """The address could not be found; please send lat and long."""

    reason = "OPEN311_ADDRESS_UNCLEAR"


class KeyNameTaken(Invalid):
    """A key named {name} exists already, or the name is not made of letters, digits and dashes."""

    reason = "OPEN311_KEY_NAME_TAKEN"
