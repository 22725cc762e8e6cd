"""The made-up people of the demo city are the same each time, exist once, and fit the registry."""

import shapely.geometry

from services.demo import city
from services.demo.population import Population, Sheet, organisations, roads
from services.platform.areaindex import AreaIndex
from services.registry.domain.importing import Columns, RowFault
from services.registry.domain.schema import ElementKind
from services.registry.domain.tabular import CsvReader


def sheets() -> dict[str, Sheet]:
    return {sheet.kind: sheet for sheet in [roads(), organisations(), *Population(share=0.02).grow()]}


def test_the_same_city_grows_each_time_and_no_two_people_share_a_number() -> None:
    first, second = sheets(), sheets()
    assert {kind: sheet.rows for kind, sheet in first.items()} == {kind: sheet.rows for kind, sheet in second.items()}
    for kind in ("person", "household", "dwelling", "building", "component"):
        column = 1 if kind == "person" else 0
        keys = [row[column] for row in first[kind].rows]
        assert len(keys) == len(set(keys)), kind


def test_every_row_is_one_that_the_registry_takes() -> None:
    for kind, sheet in sheets().items():
        reader = CsvReader()
        rows = reader.feed(sheet.csv()) + reader.finish()
        columns = Columns(ElementKind[kind.upper()], rows[0].cells, {})
        faults: list[RowFault] = list(columns.faults)
        read = [columns.read(row, faults) for row in rows[1:]]
        assert (faults, len(read)) == ([], len(sheet.rows))


def test_everything_that_has_a_place_stands_in_a_grid() -> None:
    grids = [f for f in city.area_collection()["features"] if f["properties"]["level"] == "grid"]
    index = AreaIndex([(f["id"], shapely.geometry.shape(f["geometry"])) for f in grids])
    for sheet in sheets().values():
        if "经度" in sheet.headings:
            column = list(sheet.headings).index("经度")
            points = [(float(str(row[column])), float(str(row[column + 1]))) for row in sheet.rows]
            assert None not in index.locate_many(points), sheet.kind
