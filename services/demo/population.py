"""Makes up the people and things of the demo city, the same ones each time: nobody in it exists.

`python -m services.demo.population --share 1 --folder somewhere` writes the files of the whole city: 72,286 households.
"""

import argparse
import csv
import io
import random
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import shapely.geometry
from shapely import prepare

from services.demo import city

#: A surname and one or two characters of these; chosen so that no list of real people comes out.
SURNAMES: Final = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜"
GIVEN: Final = "安柏晨初冬帆谷禾景可岚木宁朴青然山舒棠望溪夏言屿云泽知舟竹子澜汀"
STREETS: Final = ("澜汀路", "望潮路", "松月街", "渡口街", "荻花路", "商汇街", "云栖巷", "竹溪里")
ROOMS_PER_FLOOR: Final = 4
#: Of a hundred people so many have the tag.
TAGS: Final[Mapping[str, float]] = {
    "low_income": 1.5, "disabled": 2.0, "lone_elderly": 2.5, "elderly_80": 3.0, "veteran": 1.2, "unemployed": 2.0,
    "migrant": 12.0, "party_member": 6.0, "volunteer": 8.0, "left_behind_child": 0.5, "severe_mental": 0.3,
    "community_correction": 0.1,
}  # fmt: skip
#: Of a hundred components so many are of the class.
COMPONENTS: Final[Mapping[str, tuple[str, float]]] = {
    "0137": ("U05", 24), "0102": ("U02", 10), "0103": ("U02", 10), "0101": ("U01", 8), "0104": ("U02", 8),
    "0305": ("", 10), "0402": ("", 14), "0113": ("", 3), "0111": ("U03", 4), "0107": ("U06", 4), "0407": ("", 3),
    "0150": ("", 2),
}  # fmt: skip
PLACES: Final = ("small_restaurant", "small_shop", "small_hotel", "small_beauty", "small_clinic", "rental_house")
FIRMS: Final = ("self_employed", "enterprise")
TRADES: Final = ("建材", "餐饮", "物流", "家政", "药房", "教育咨询", "汽修", "文印")
STATES: Final = ("intact",) * 47 + ("damaged",) * 2 + ("lost",)
INCOME_YUAN_MIN: Final = 420
INCOME_YUAN_STEPS: Final = 900
ADULT_YEARS: Final = (1938, 2006)
IDENTITY_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)

Row = Sequence[object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One file of the population: the kind of its rows, its headings, its rows."""

    kind: str
    headings: Sequence[str]
    rows: Sequence[Row]

    def csv(self) -> bytes:
        """As an import takes it."""
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows([self.headings, *self.rows])
        return text.getvalue().encode()


class Population:
    """Grows the city, grid by grid; `share` is how much of each grid there is."""

    def __init__(self, *, share: float, seed: int = 7) -> None:
        self._share = share
        self._chance = random.Random(seed)
        self._people = 0
        self._components: dict[str, int] = {}
        self._rows: dict[str, list[Row]] = {kind: [] for kind in HEADINGS}

    def grow(self) -> list[Sheet]:
        """All files, in the order in which they can be imported."""
        outlines = {feature["id"]: feature["geometry"] for feature in _grid_features()}
        for grid in city.data()["grids"]:
            outline = shapely.geometry.shape(outlines[grid["code"]])
            prepare(outline)
            self._grow_grid(grid["code"], grid["households"], grid["buildings"], outline)
        return [Sheet(kind=kind, headings=HEADINGS[kind], rows=rows) for kind, rows in self._rows.items()]

    def _grow_grid(
        self, code: str, households: int, buildings: int, outline: shapely.geometry.base.BaseGeometry
    ) -> None:
        wanted = max(1, round(households * self._share))
        houses = max(1, round(buildings * self._share))
        for number in range(houses):
            share = wanted // houses + (number < wanted % houses)
            self._grow_building(code, number + 1, share, self._point_in(outline))
        for _ in range(max(4, round(28 * self._share))):
            self._grow_component(self._point_in(outline))
        for number in range(max(1, round(4 * self._share))):
            east, north = self._point_in(outline)
            kind = self._chance.choice(PLACES)
            phone = self._phone()
            self._rows["place"].append([f"PL{code}{number:02}", f"{self._name()[:1]}记", kind, east, north, phone])

    def _grow_building(self, grid: str, number: int, households: int, point: tuple[float, float]) -> None:
        key = f"B{grid}{number:03}"
        name = f"{self._chance.choice(STREETS)}{number * 2 - number % 2}号楼"
        floors = max(1, -(-households // ROOMS_PER_FLOOR))
        self._rows["building"].append([key, name, name, *point, floors, self._chance.randint(1978, 2022)])
        for room in range(households):
            label = f"{room // ROOMS_PER_FLOOR + 1}{room % ROOMS_PER_FLOOR + 1:02}"
            rented = "是" if self._chance.random() < 0.2 else "否"
            self._rows["dwelling"].append([f"{key}-{label}", f"{name}{label}室", key, label, rented])
            self._grow_household(f"{key}-{label}", rented == "是")

    def _grow_household(self, dwelling: str, rented: bool) -> None:
        size = self._chance.choices((1, 2, 3, 4, 5), weights=(22, 28, 28, 15, 7))[0]
        key = f"HH{dwelling[1:]}"
        surname = self._chance.choice(SURNAMES)
        self._rows["household"].append([key, dwelling, size])
        for member in range(size):
            self._rows["person"].append(self._person(key, surname if member != 1 else "", rented=rented))

    def _person(self, household: str, surname: str, *, rented: bool) -> Row:
        self._people += 1
        year = self._chance.randint(*ADULT_YEARS) if surname else self._chance.randint(1945, 2004)
        born = f"{year}-{self._chance.randint(1, 12):02}-{self._chance.randint(1, 28):02}"
        # The first six digits belong to no place; no two people have both these and the last three in common.
        digits = f"999{self._people // 1000 % 1000:03}{born.replace('-', '')}{self._people % 1000:03}"
        check = "10X98765432"[sum(int(d) * w for d, w in zip(digits, IDENTITY_WEIGHTS, strict=True)) % 11]
        tags = [tag for tag, percent in TAGS.items() if tag != "migrant" and self._chance.random() * 100 < percent]
        if rented and self._chance.random() < 0.5:
            tags.append("migrant")
        gender = self._chance.choice("男女")
        # What an office knows of the incomes of those whom it helps.
        income = INCOME_YUAN_MIN + self._people * 37 % INCOME_YUAN_STEPS if "low_income" in tags else ""
        name, phone = self._name(surname), self._phone()
        return [name, digits + check, phone, gender, born, household, " ".join(sorted(tags)), income]

    def _grow_component(self, point: tuple[float, float]) -> None:
        code = self._chance.choices(list(COMPONENTS), weights=[weight for _, weight in COMPONENTS.values()])[0]
        number = self._components[code] = self._components.get(code, 0) + 1
        key = f"999102{code}{number:06}"
        self._rows["component"].append([key, code, *point, self._chance.choice(STATES), COMPONENTS[code][0]])

    def _name(self, surname: str = "") -> str:
        given = "".join(self._chance.sample(GIVEN, self._chance.choice((1, 2, 2))))
        return (surname or self._chance.choice(SURNAMES)) + given

    def _phone(self) -> str:
        # No network gives out numbers that begin so.
        return f"100{self._chance.randint(0, 99_999_999):08}"

    def _point_in(self, outline: shapely.geometry.base.BaseGeometry) -> tuple[float, float]:
        west, south, east, north = outline.bounds
        while True:
            x, y = self._chance.uniform(west, east), self._chance.uniform(south, north)
            if outline.contains(shapely.geometry.Point(x, y)):
                return round(x, 6), round(y, 6)


HEADINGS: Final[Mapping[str, Sequence[str]]] = {
    "building": ("编号", "名称", "地址", "经度", "纬度", "层数", "建成年份"),
    "dwelling": ("编号", "地址", "所属楼栋", "房号", "是否出租"),
    "household": ("户号", "所属房屋", "户内人数"),
    "person": ("姓名", "公民身份号码", "联系电话", "性别", "出生日期", "所属户", "标签", "月收入"),
    "component": ("标识码", "小类代码", "经度", "纬度", "状态", "产权单位"),
    "place": ("编号", "名称", "类别", "经度", "纬度", "负责人电话"),
}


def roads() -> Sheet:
    """The road segments of the city, each at its middle."""
    rows = []
    for feature in city.road_features():
        line = shapely.geometry.shape(feature["geometry"])
        middle = line.interpolate(0.5, normalized=True)
        told = feature["properties"]
        rows.append([told["id"], told["name"], round(middle.x, 6), round(middle.y, 6), told["length_m"], told["class"]])
    return Sheet(kind="road", headings=("编号", "名称", "经度", "纬度", "长度", "道路等级"), rows=rows)


def organisations() -> Sheet:
    """A party branch and some firms in each grid, a general branch and a service organisation in each community."""
    chance = random.Random(11)
    rows: list[Row] = []
    for feature in _grid_features():
        code, name = feature["properties"]["code"], feature["properties"]["name"]
        middle = shapely.geometry.shape(feature["geometry"]).representative_point()
        place = (round(middle.x, 6), round(middle.y, 6))
        rows.append([f"GB{code}", f"{name}党支部", "grid_branch", *place, ""])
        for number, kind in enumerate(FIRMS, start=1):
            trade = chance.choice(TRADES)
            rows.append([f"OR{code}{number}", f"{chance.choice(STREETS)[:2]}{trade}", kind, *place, trade])
        if code.endswith("001"):
            rows.append([f"GP{code}", f"{name[:-4]}党总支", "general_branch", *place, ""])
            rows.append([f"SO{code}", f"{name[:-4]}邻里服务中心", "social_organisation", *place, ""])
    return Sheet(kind="organisation", headings=("编号", "名称", "类别", "经度", "纬度", "行业"), rows=rows)


def _grid_features() -> Iterator[city.Json]:
    return (feature for feature in city.area_collection()["features"] if feature["properties"]["level"] == "grid")


def main() -> int:
    """Write the files."""
    parser = argparse.ArgumentParser(prog="python -m services.demo.population", description=__doc__)
    parser.add_argument("--share", type=float, default=1.0, help="how much of the city, 1 being all of it")
    parser.add_argument("--folder", type=Path, required=True)
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    for sheet in [*Population(share=arguments.share).grow(), roads(), organisations()]:
        (arguments.folder / f"{sheet.kind}.csv").write_bytes(sheet.csv())
        sys.stdout.write(f"{sheet.kind}: {len(sheet.rows)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
