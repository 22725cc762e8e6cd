"""Registers volunteers and teams, fills posts, and calls the force."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, TypeVar
from uuid import UUID, uuid4

import structlog

from services.platform import audit
from services.platform.audit import Deed
from services.platform.clock import Clock
from services.platform.database import Database, Transaction
from services.platform.database import Row as Found
from services.platform.errors import GridwardError
from services.platform.identity import Caller
from services.platform.wall import Wall
from services.points.domain import volunteers as domain
from services.points.domain.errors import (
    DispatchUnknown,
    PlacesTaken,
    PostClaimed,
    PostNotClaimed,
    PostUnknown,
    QuotaBelowClaims,
    VolunteerUnknown,
)
from services.points.domain.ledger import MINUTES, Outcome, require_done
from services.points.domain.rules import Rules
from services.points.domain.volunteers import Post, PostReport, Team, Volunteer
from services.points.neighbours import City
from services.points.store import ledger as books
from services.points.store import rules as rule_rows
from services.points.store import volunteers as store
from services.points.store.ledger import Ledger
from services.points.store.names import Names
from services.points.store.volunteers import Dispatch, Window

log = structlog.get_logger()

Row = TypeVar("Row")
READ: Final = "points.volunteers.read"
SEALED_AT_ONCE: Final = 500

#: A name in clear goes after so long, unless the city set another time.
REVEAL_SHOWN_S: Final = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A volunteer with what was given so far."""

    volunteer: Volunteer
    minutes: int
    star: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A row of a file that could not be taken."""

    row: int
    error: GridwardError


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What became of a file."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: tuple[Refused, ...] = ()


def post_unit(post_id: UUID) -> str:
    """The unit in which a post's places are counted; also the owner of its accounts."""
    return f"post:{post_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class VolunteerActions:
    """What can be done with volunteers, teams, posts and the force."""

    database: Database
    clock: Clock
    ledger: Ledger
    city: City
    names: Names
    wall: Wall
    reveal_shown_s: int

    async def join(self, person: Volunteer) -> Known:
        """Register somebody, or change what was said before."""
        placed = await self._placed(person)
        async with self.database.transaction() as transaction:
            sealed = self.names.seal(placed.subject, placed.name)
            await store.save_volunteers(transaction, [(placed, sealed)])
        return await self.get(person.subject, whole=True)

    async def _placed(self, person: Volunteer) -> Volunteer:
        return replace(
            person,
            area_path=await self.city.path_of(person.community_code),
            joined_at=self.clock.now(),
            name_index=self.names.index(person.name),
        )

    async def import_volunteers(self, people: Sequence[Volunteer]) -> Imported:
        """Register many; the same file again adds none."""
        counts = {"added": 0, "changed": 0, "unchanged": 0}
        refused: list[Refused] = []
        news: list[Volunteer] = []
        async with self.database.transaction() as transaction:
            known = await store.volunteers(transaction, [person.subject for person in people])
            for number, person in enumerate(people, 1):
                try:
                    placed = await self._placed(person)
                except GridwardError as error:
                    refused.append(Refused(row=number, error=error))
                    continue
                was = known.get(person.subject)
                if was is not None and was.says_the_same_as(placed):
                    counts["unchanged"] += 1
                    continue
                news.append(placed)
                known[person.subject] = placed
                counts["added" if was is None else "changed"] += 1
            await store.save_volunteers(
                transaction, [(person, self.names.seal(person.subject, person.name)) for person in news]
            )
        return Imported(**counts, refused=tuple(refused))

    async def get(self, subject: str, *, whole: bool = False) -> Known:
        """One volunteer, with the whole name for the person alone. Fails with VOLUNTEER_UNKNOWN."""
        async with self.database.connection() as connection:
            person = await store.volunteer(connection, subject)
            if person is None:
                raise VolunteerUnknown(subject=subject)
            if whole:
                sealed = await store.sealed_name(connection, subject)
                person = replace(person, name=self.names.open(subject, sealed or b"") or person.name)
            return (await self._with_minutes(connection, [person]))[0]

    async def resettle(self, heirs: Mapping[str, str]) -> None:
        """Areas ended; volunteers, teams, posts and orders there belong to their heirs from now on."""
        self.city.forget()
        paths = {ended: await self.city.path_of(heir) for ended, heir in heirs.items() if heir}
        async with self.database.transaction() as transaction:
            for ended, path in paths.items():
                await store.move(transaction, ended, heirs[ended], path)
        log.info("volunteers_resettled", areas=len(paths))

    async def seal_names(self) -> int:
        """Seal what lies open and bring forward what an older key sealed, until nothing is left; how many names."""
        done = 0
        while True:
            async with self.database.transaction() as transaction:
                some = await self.names.seal_some(transaction, size=SEALED_AT_ONCE)
            done += some
            if some < SEALED_AT_ONCE:
                return done

    async def reveal_name(self, person: Volunteer, *, purpose: str, caller: Caller) -> tuple[str, datetime]:
        """The whole name of a volunteer and until when it may be shown, on record with its purpose before it is told."""
        now = self.clock.now()
        shown_until = now + timedelta(seconds=self.reveal_shown_s)
        deed = Deed(
            action="volunteer_name_revealed", target=person.subject, area_path=person.area_path, purpose=purpose,
            fields=("name",), row_count=1, masked=False,
            details={"shown_until": shown_until.isoformat(timespec="seconds")},
        )  # fmt: skip
        async with self.database.transaction() as transaction:
            sealed = await store.sealed_name(transaction, person.subject)
            await audit.write(transaction, deed, caller=caller, at=now)
        return self.names.open(person.subject, sealed or b""), shown_until

    async def require_shown(self, subject: str, caller: Caller) -> None:
        """Whom our own checks let somebody see, the database must as well. Fails with VOLUNTEER_UNKNOWN."""
        async with self.database.connection() as connection:
            if not await self.wall.shown(connection, [subject], caller=caller, permission=READ, own=True):
                raise VolunteerUnknown(subject=subject)

    async def search(
        self, caller: Caller, window: Window, *, skill: str, text: str, after: tuple[str, str], size: int
    ) -> list[Known]:
        """By name as it is shown; a whole name is found too, though not shown."""
        indexes = self.names.indexes(text) if text else []
        async with self.database.connection() as connection:
            people = await store.list_volunteers(
                connection, window, skill=skill, text=text, name_indexes=indexes, after=after, size=size
            )
            asked = [person.subject for person in people]
            shown = await self.wall.shown(connection, asked, caller=caller, permission=READ, own=True)
            return await self._with_minutes(connection, [person for person in people if person.subject in shown])

    async def _with_minutes(self, connection: Transaction, people: Sequence[Volunteer]) -> list[Known]:
        rules: Rules = await rule_rows.rules_at(connection, self.clock.now())
        given = await books.balances_of_many(
            connection, [person.subject for person in people], unit=MINUTES, kind="done"
        )
        return [
            Known(volunteer=person, minutes=minutes, star=rules.star_of(minutes))
            for person in people
            for minutes in [given.get(person.subject, 0)]
        ]

    async def import_teams(self, teams: Sequence[Team]) -> Imported:
        """Make or change teams; everybody in them must be a volunteer."""

        async def save(transaction: Transaction, team: Team) -> None:
            domain.check_team(team)
            strangers = {member.subject for member in team.members} - known.keys()
            if strangers:
                raise VolunteerUnknown(subject=min(strangers))
            await store.save_team(transaction, team, at=self.clock.now())

        async with self.database.transaction() as transaction:
            everybody = {member.subject for team in teams for member in team.members}
            known = await store.volunteers(transaction, everybody)
            refused = await _each(transaction, teams, save)
        return Imported(added=len(teams) - len(refused), refused=refused)

    async def list_teams(
        self, window: Window, *, kind: str, vacant_only: bool, after: str, size: int
    ) -> tuple[list[Team], tuple[int, int, int]]:
        """By code, and how many there are: teams, people, teams with a vacancy."""
        async with self.database.connection() as connection:
            teams = await store.list_teams(
                connection, window, kind=kind, vacant_only=vacant_only, after=after, size=size
            )
            return teams, await store.count_teams(connection, window, kind=kind)

    async def teams_and_posts_of(self, subject: str) -> tuple[list[Team], list[Post]]:
        """What somebody is in and holds."""
        async with self.database.connection() as connection:
            return await store.teams_of(connection, subject), await store.list_posts(
                connection, subject=subject, held=True
            )

    async def save_post(self, post: Post) -> Post:
        """Offer a post, or change it. Fails with QUOTA_BELOW_CLAIMS."""
        placed = replace(post, area_path=await self.city.path_of(post.community_code))
        unit = post_unit(post.id)
        async with self.database.transaction() as transaction:
            was = await store.lock_post(transaction, post.id)
            await store.save_post(transaction, placed, at=self.clock.now())
            now = self.clock.now()
            legs = domain.seats(unit, of=unit, quota=post.quota, was=was.quota if was else 0, at=now)
            if legs:
                receipts = await self.ledger.post(transaction, [legs], at=now)
                if receipts[0][0].outcome is Outcome.INSUFFICIENT:
                    raise QuotaBelowClaims(quota=post.quota)
                require_done(receipts[0])
        return await self._post(post.id, "")

    async def _post(self, post_id: UUID, subject: str) -> Post:
        async with self.database.connection() as connection:
            posts = await store.list_posts(connection, subject=subject, ids=[post_id])
        if not posts:
            raise PostUnknown
        return posts[0]

    async def list_posts(self, community_code: str, *, subject: str) -> tuple[list[tuple[Post, bool]], str]:
        """Posts of a community, those first that its type suggests; and its type."""
        async with self.database.connection() as connection:
            posts = await store.list_posts(connection, subject=subject, community=community_code)
            kind = await store.community_type(connection, community_code)
        return domain.rank_posts(posts, kind), kind

    async def set_community_type(self, community_code: str, type: str) -> None:
        """Say of which type a community is; claims are not touched."""
        path = await self.city.path_of(community_code)
        async with self.database.transaction() as transaction:
            await store.save_community(transaction, community_code, path, type)

    async def claim_post(self, post_id: UUID, subject: str) -> Post:
        """Take a place. Fails with PLACES_TAKEN, POST_CLAIMED, POST_UNKNOWN, VOLUNTEER_UNKNOWN."""
        refused = (await self.claim_posts([(post_id, subject)])).refused
        if refused:
            raise refused[0].error
        return await self._post(post_id, subject)

    async def claim_posts(self, wanted: Sequence[tuple[UUID, str]]) -> Imported:
        """Take places, each by itself: the claim and its seat stand or fall together."""
        now = self.clock.now()
        claims = [(uuid4(), post_id, subject) for post_id, subject in wanted]
        failed: dict[UUID, GridwardError] = {}
        async with self.database.transaction() as transaction:
            entered = await store.insert_post_claims(transaction, claims, at=now)
            fresh = [claim for claim in claims if claim[0] in entered]
            groups = [
                (domain.take_seat(post_unit(post), of=post_unit(post), claim=str(claim_id), at=now),)
                for claim_id, post, _ in fresh
            ]
            receipts = await self.ledger.post(transaction, groups, at=now) if groups else []
            for (claim_id, _, _), of_claim in zip(fresh, receipts, strict=True):
                if not of_claim[0].outcome.done:
                    failed[claim_id] = PlacesTaken()
            if failed:
                await store.delete_post_claims(transaction, failed)
            for claim_id, post_id, subject in claims:
                if claim_id not in entered:
                    failed[claim_id] = await self._why_not(transaction, post_id, subject)
        refused = [
            Refused(row=n, error=failed[claim_id]) for n, (claim_id, _, _) in enumerate(claims, 1) if claim_id in failed
        ]
        return Imported(added=len(claims) - len(refused), refused=tuple(refused))

    async def _why_not(self, transaction: Transaction, post_id: UUID, subject: str) -> GridwardError:
        if await store.volunteer(transaction, subject) is None:
            return VolunteerUnknown(subject=subject)
        known = await store.list_posts(transaction, subject=subject, ids=[post_id])
        return PostClaimed() if known else PostUnknown()

    async def release_post(self, post_id: UUID, subject: str) -> Post:
        """Give a place back. Fails with POST_NOT_CLAIMED."""
        now = self.clock.now()
        async with self.database.transaction() as transaction:
            released = await store.release_post_claim(transaction, post_id, subject, at=now)
            if released is None:
                raise PostNotClaimed
            unit = post_unit(post_id)
            leg = domain.free_seat(unit, of=unit, claim=str(released[0]), taken_at=released[1])
            require_done((await self.ledger.post(transaction, [(leg,)], at=now))[0])
        return await self._post(post_id, subject)

    async def report_posts(self, window: Window) -> PostReport:
        """How posts are taken."""
        async with self.database.connection() as connection:
            return await store.report_posts(connection, window)

    async def claims_on_posts(
        self, window: Window, *, category: str, before: tuple[datetime, UUID] | None, size: int
    ) -> list[Found]:
        """The claims behind that report, newest first."""
        async with self.database.connection() as connection:
            return await store.list_claims_on_posts(connection, window, category=category, before=before, size=size)

    async def dispatch(
        self, dispatch_id: UUID, *, area_path: str, teams: int, purpose: str, caller: str
    ) -> tuple[list[Team], int]:
        """Call teams, and say how many are free still; the same call again finds those that were called."""
        call = Dispatch(id=dispatch_id, area_path=area_path, purpose=purpose, called_by=caller, at=self.clock.now())
        async with self.database.transaction() as transaction:
            force, busy = await store.read_force(transaction)
            if await store.insert_dispatch(transaction, call):
                chosen = domain.choose_force(force, area_path=area_path, wanted=teams, busy=busy)
                await store.send_teams(transaction, dispatch_id, [team.code for team in chosen])
                log.info("force_called", dispatch_id=str(dispatch_id), teams=len(chosen))
            sent = await store.list_dispatched(transaction, dispatch_id)
            free = await store.count_free_teams(transaction)
        return sorted(sent, key=lambda team: (-domain.nearness(team.area_path, area_path), team.code)), free

    async def release_force(self, dispatch_id: UUID) -> int:
        """Let the teams of a call go home. Fails with DISPATCH_UNKNOWN."""
        async with self.database.transaction() as transaction:
            gone = await store.end_dispatch(transaction, dispatch_id, at=self.clock.now())
        if gone is None:
            raise DispatchUnknown
        return gone


async def _each(
    transaction: Transaction, rows: Sequence[Row], save: Callable[[Transaction, Row], Awaitable[None]]
) -> tuple[Refused, ...]:
    """Save rows one by one; one that is refused is told of and harms no other."""
    refused = []
    for number, row in enumerate(rows, 1):
        try:
            async with transaction.transaction():
                await save(transaction, row)
        except GridwardError as error:
            refused.append(Refused(row=number, error=error))
    return tuple(refused)
