"""Reads a spreadsheet of cameras row by row, and says of each cell that cannot be used what is wrong with it."""

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlsplit, urlunsplit

from services.platform.sheets import SheetUnreadable
from services.video.domain.cameras import Camera, Place

ROWS_MAX: Final = 2000
GB_CODE: Final = re.compile(r"[0-9]{20}")
COLUMNS: Final[Mapping[str, str]] = {
    name: key
    for key, names in {
        "id": ("id", "编号", "摄像头编号", "摄像机编号"),
        "gb_code": ("gb_code", "国标编码", "国标编号", "设备国标编码"),
        "name": ("name", "名称", "摄像头名称"),
        "longitude_deg": ("longitude_deg", "longitude", "lon", "经度"),
        "latitude_deg": ("latitude_deg", "latitude", "lat", "纬度"),
        "grid_code": ("grid_code", "网格", "网格编码"),
        "road_segment": ("road_segment", "路段", "路段编码"),
        "owner_department": ("owner_department", "owner", "权属单位", "权属部门"),
        "azimuth_deg": ("azimuth_deg", "azimuth", "朝向", "方位角"),
        "field_of_view_deg": ("field_of_view_deg", "field_of_view", "视场角"),
        "presets": ("presets", "预置位"),
        "stream_url": ("stream_url", "视频地址", "取流地址"),
        "user": ("user", "用户名"),
        "password": ("password", "密码"),
        "control_url": ("control_url", "云台地址", "控制地址"),
        "live_url": ("live_url", "直播地址"),
        "recorder": ("recorder", "录像机", "平台"),
    }.items()
    for name in names
}
NEEDED: Final = ("id", "name", "longitude_deg", "latitude_deg")
#: What a cell of these held is not told again.
SECRET: Final = frozenset({"stream_url", "user", "password", "control_url"})
LENGTHS: Final[Mapping[str, int]] = {
    "id": 64,
    "name": 200,
    "grid_code": 40,
    "road_segment": 40,
    "owner_department": 40,
    "stream_url": 500,
    "control_url": 500,
    "live_url": 500,
    "recorder": 100,
    "user": 100,
    "password": 100,
}
BOUNDS: Final[Mapping[str, tuple[float, float]]] = {
    "longitude_deg": (-180, 180),
    "latitude_deg": (-90, 90),
    "azimuth_deg": (0, 360),
    "field_of_view_deg": (0, 360),
}
PRESETS_MAX, PRESET_LENGTH = 32, 40
_BETWEEN: Final = re.compile(r"[;；、|,，]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is wrong with one cell, or with a row as a whole."""

    row: int
    column: str = ""
    reason: str
    value: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A camera as a row names it, with its name and password still beside it."""

    row: int
    camera: Camera
    user: str = ""
    password: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A whole file; `headings` names each column as the file does."""

    entries: Sequence[Entry]
    faults: Sequence[Fault]
    ignored: Sequence[str]
    headings: Mapping[str, str]

    def fault(self, row: int, column: str, reason: str, value: str = "") -> Fault:
        """A fault in the words of this file; what is secret is not repeated."""
        told = "" if column in SECRET else value[:80]
        return Fault(row=row, column=self.headings.get(column, column), reason=reason, value=told)


def read(rows: Iterable[Sequence[str]]) -> Sheet:
    """The cameras of a file. Fails with SHEET_UNREADABLE where it has no headings or too many rows."""
    each = iter(rows)
    titles = [title.strip() for title in next(each, ())]
    keys = [COLUMNS.get(title.casefold(), "") for title in titles]
    headings = {key: title for key, title in zip(keys, titles, strict=True) if key}
    missing = [key for key in NEEDED if key not in keys]
    if missing:
        raise SheetUnreadable(problem="its first row does not name the columns that are needed")
    sheet = Sheet(
        entries=(),
        faults=(),
        ignored=[title for key, title in zip(keys, titles, strict=True) if title and not key],
        headings=headings,
    )
    entries: list[Entry] = []
    faults: list[Fault] = []
    for number, row in enumerate(each, start=2):
        cells = {key: cell.strip() for key, cell in zip(keys, row, strict=False) if key}
        if not any(cells.values()):
            continue
        if len(entries) + len(faults) >= ROWS_MAX:
            raise SheetUnreadable(problem="it has too many rows")
        wrong = [sheet.fault(number, key, reason, cells.get(key, "")) for key, reason in _faults_of(cells)]
        faults += wrong
        if not wrong:
            entries.append(_entry(number, cells))
    return Sheet(entries=entries, faults=[*faults, *_twice(entries, sheet)], ignored=sheet.ignored, headings=headings)


def _faults_of(cells: Mapping[str, str]) -> list[tuple[str, str]]:
    """Column and reason of all that is wrong with a row by itself."""
    found = [(key, "MISSING") for key in NEEDED if not cells.get(key)]
    found += [(key, "TOO_LONG") for key, length in LENGTHS.items() if len(cells.get(key, "")) > length]
    for key, (least, most) in BOUNDS.items():
        text = cells.get(key, "")
        number = _number(text) if text else None
        if text and number is None:
            found.append((key, "NOT_A_NUMBER"))
        elif number is not None and not least <= number <= most:
            found.append((key, "OUT_OF_RANGE"))
    code = cells.get("gb_code", "")
    if code and not GB_CODE.fullmatch(code):
        found.append(("gb_code", "GB_CODE"))
    if (cells.get("user") or cells.get("password")) and not cells.get("stream_url"):
        found.append(("stream_url", "MISSING"))
    presets = _presets(cells)
    if len(presets) > PRESETS_MAX or any(len(name) > PRESET_LENGTH for name in presets):
        found.append(("presets", "TOO_LONG"))
    return found


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _presets(cells: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.strip() for name in _BETWEEN.split(cells.get("presets", "")) if name.strip()))


def _entry(number: int, cells: Mapping[str, str]) -> Entry:
    def degrees(key: str) -> float:
        return float(cells.get(key) or 0)

    text: Callable[[str], str] = lambda key: cells.get(key, "")  # noqa: E731 said once, used for eleven columns
    camera = Camera(
        id=text("id"),
        gb_code=text("gb_code"),
        name=text("name"),
        place=Place(longitude_deg=degrees("longitude_deg"), latitude_deg=degrees("latitude_deg")),
        grid_code=text("grid_code"),
        road_segment=text("road_segment"),
        owner_department=text("owner_department"),
        azimuth_deg=degrees("azimuth_deg"),
        field_of_view_deg=degrees("field_of_view_deg"),
        presets=_presets(cells),
        stream_address=text("stream_url"),
        control_address=text("control_url"),
        live_url=text("live_url"),
        recorder=text("recorder"),
    )
    return Entry(row=number, camera=camera, user=text("user"), password=text("password"))


def _twice(entries: Sequence[Entry], sheet: Sheet) -> list[Fault]:
    """Ids and national codes that more than one row has."""
    faults: list[Fault] = []
    seen: set[tuple[str, str]] = set()
    for entry in entries:
        for key, value in (("id", entry.camera.id), ("gb_code", entry.camera.gb_code)):
            if value and (key, value) in seen:
                faults.append(sheet.fault(entry.row, key, "GIVEN_TWICE", value))
            seen.add((key, value))
    return faults


def with_credentials(address: str, *, user: str, password: str) -> str:
    """An address with this name and password in place of those it has; as it is where neither is given."""
    if not address or not (user or password):
        return address
    try:
        parts = urlsplit(address)
    except ValueError:
        return address  # refused as an address a moment later
    host = parts.netloc.rpartition("@")[2]
    named = quote(user, safe="") + (f":{quote(password, safe='')}" if password else "")
    return urlunsplit((parts.scheme, f"{named}@{host}", parts.path, parts.query, parts.fragment))
