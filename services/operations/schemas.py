"""Brings every schema of a city forward; with an administrator's rights makes roles, schemas and bucket first."""

from collections.abc import Mapping, Sequence
from typing import Final

import structlog

from services.machine import database, objectstore
from services.operations.places import Place
from services.platform.migrate import migrate

log = structlog.get_logger()

#: Roles whose tables do not lie in a package of their own name; the hosts' shared desk makes its own.
PACKAGES: Final[Mapping[str, Sequence[str]]] = {"ledger": ("services.points.books",), "host": ()}
#: Roles that own what the schemas of others stand on.
FIRST: Final = ("ledger",)


def packages_of(role: str) -> Sequence[str]:
    """The packages whose migrations make up a role's schema."""
    return PACKAGES.get(role, ("services.platform", f"services.{role}"))


def in_order(roles: Mapping[str, str]) -> list[str]:
    """Owners before those who stand on them."""
    return sorted(roles, key=lambda role: (role not in FIRST, role))


def bring_forward(place: Place) -> None:
    """All schemas, one after the other; what fails leaves the rest as it was, and may be repeated."""
    if place.admin_url:
        database.prepare(place.server, place.passwords, database=place.database)
        log.info("roles_and_schemas_ready", roles=sorted(place.role_urls))
    for role in in_order(place.role_urls):
        applied = migrate(place.role_urls[role], *packages_of(role))
        log.info("schema_forward", schema=role, applied=applied)
    if place.objects is not None:
        objectstore.create_bucket(place.objects)
        log.info("bucket_ready", bucket=place.objects.bucket)
