"""Finds the people behind posts, departments and areas, and who of them is on duty now."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from services.incidents.cityview.city import City
from services.incidents.cityview.told import Post
from services.incidents.domain.actors import Role
from services.incidents.domain.limits import LimitUnit

SPECIALISTS: Final = (Role.DEPARTMENT_SPECIALIST,)
LEADERS: Final = (Role.DEPARTMENT_LEADER,)
_SECOND: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody to be told, and whether on duty now."""

    subject: str
    on_duty: bool


class Directory:
    """Looks people up in the city as registry told it; sorted anew when posts change."""

    def __init__(self, city: City) -> None:
        self._city = city
        self._version = -1
        self._by_department: dict[tuple[str, str], list[Post]] = {}
        self._by_area: dict[tuple[str, str], list[Post]] = {}
        self._by_staff: dict[str, list[Post]] = {}

    def behind(self, receiver: str, at: datetime) -> list[Person]:
        """Whoever stands on a post, a person, or the specialists of a department; nobody for a desk."""
        post = self._city.view.posts_as_told.get(receiver)
        if post is not None:
            return self._people([post], at)
        self._sort()
        if receiver in self._by_staff:
            return [self.one(receiver, at)]
        return self.of_department(receiver, SPECIALISTS, at)

    def of_department(self, department_code: str, roles: Iterable[str], at: datetime) -> list[Person]:
        """People of a department in these roles."""
        self._sort()
        return self._people(
            (post for role in roles for post in self._by_department.get((department_code, role), ())), at
        )

    def of_area(self, area_code: str, roles: Iterable[str], at: datetime) -> list[Person]:
        """People on posts of exactly this area in these roles."""
        self._sort()
        return self._people((post for role in roles for post in self._by_area.get((area_code, role), ())), at)

    def one(self, subject: str, at: datetime) -> Person:
        """One person; on duty when on shift or, for staff, in office hours."""
        self._sort()
        posts = self._by_staff.get(subject, [])
        on_shift = any(post.at(at).by_shift and post.at(at).staff_code == subject for post in posts)
        return Person(subject=subject, on_duty=on_shift or (bool(posts) and self.office_time(at)))

    def areas_of(self, subject: str) -> list[str]:
        """The areas of somebody's posts."""
        self._sort()
        return [post.area_code for post in self._by_staff.get(subject, ())]

    def office_time(self, at: datetime) -> bool:
        """Whether the city is at work."""
        return self._city.calendar.elapsed(at, at + _SECOND, LimitUnit.WORK_HOUR) > timedelta(0)

    def _people(self, posts: Iterable[Post], at: datetime) -> list[Person]:
        office_time = self.office_time(at)
        found: dict[str, Person] = {}
        for post in posts:
            now = post.at(at)
            if now.staff_code:
                found[now.staff_code] = Person(subject=now.staff_code, on_duty=now.by_shift or office_time)
        return list(found.values())

    def _sort(self) -> None:
        view = self._city.view
        if self._version == view.posts_version:
            return
        by_department: dict[tuple[str, str], list[Post]] = defaultdict(list)
        by_area: dict[tuple[str, str], list[Post]] = defaultdict(list)
        by_staff: dict[str, list[Post]] = defaultdict(list)
        for code in sorted(view.posts_as_told):
            post = view.posts_as_told[code]
            by_area[post.area_code, post.role].append(post)
            if post.department_code:
                by_department[post.department_code, post.role].append(post)
            for staff_code in {post.staff_code, *(shift.staff_code for shift in post.shifts)} - {""}:
                by_staff[staff_code].append(post)
        self._by_department, self._by_area, self._by_staff = dict(by_department), dict(by_area), dict(by_staff)
        self._version = view.posts_version
