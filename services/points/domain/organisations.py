"""Says which social organisations a need is for: by what they are registered to be able to do, in the need's community."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

#: What registry says an organisation can do, for each kind of order.
SKILLS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "resident_autonomy": ("mediation", "legal_aid"),
        "education_training": ("culture_sports", "child_care"),
        "elder_child_care": ("elder_care", "child_care"),
        "environment_improvement": ("environment",),
        "love_care": ("elder_care", "disability_care", "health_care"),
        "convenience_service": ("pet_care", "legal_aid", "health_care"),
        "targeted_warmth": ("disability_care", "elder_care", "child_care"),
    }
)
#: City, district, sub-district, community.
COMMUNITY_DEPTH: Final = 4
PREFIX: Final = "volunteer:organisation-"


def subject_of(credit_code: str) -> str:
    """The account of an organisation: a volunteer's, named after the organisation's credit code."""
    return f"{PREFIX}{credit_code}"


def community_of(area_path: str) -> str:
    """The community in which a place lies; empty for a path that does not reach that far down."""
    codes = area_path.split(".")
    return codes[COMMUNITY_DEPTH - 1] if len(codes) >= COMMUNITY_DEPTH else ""
