"""Makes up what the offices of the demo city keep: 65 units, 1,083 tables, 12,706 items, the same ones each time.

What the registry itself keeps is published as tables of the departments that are its sources. All other tables lie with
their units, outside the registry; their names are made up.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from gridward.registry.v1 import catalogue_pb2, elements_pb2

from services.demo import city

UNITS: Final = 65
TABLES: Final = 1083
ITEMS: Final = 12_706
#: Offices beside the departments, the owner units and the sub-districts.
OFFICES: Final = (
    "发展和改革委员会", "教育局", "科学技术局", "工业和信息化局", "民族宗教事务局", "财政局", "自然资源和规划局", "农业农村局", "商务局",
    "退役军人事务局", "审计局", "国有资产监督管理委员会", "统计局", "医疗保障局", "信访局", "行政审批局", "数据局", "档案馆", "机关事务服务中心",
    "公共资源交易中心", "住房公积金管理中心", "税务局", "气象局", "地震局", "邮政管理局", "烟草专卖局", "供电公司", "残疾人联合会", "红十字会",
    "总工会", "妇女联合会", "共青团委员会", "工商业联合会",
)  # fmt: skip
#: What any office has tables about.
SUBJECTS: Final = (
    "行政许可", "行政检查", "行政处罚", "公共服务", "投诉举报", "项目建设", "设备设施", "岗位编制", "经费使用", "物资储备", "值班值守", "培训考核",
    "合同管理", "会议督办", "统计月报", "信用信息", "应急预案", "档案目录",
)  # fmt: skip
CYCLES: Final = ("daily", "monthly", "quarterly", "yearly")
PUBLIC, GOVERNMENT = catalogue_pb2.OPENNESS_PUBLIC, catalogue_pb2.OPENNESS_GOVERNMENT
RELATED, DEPARTMENT = catalogue_pb2.OPENNESS_RELATED, catalogue_pb2.OPENNESS_DEPARTMENT
LEADERS, SEALED = catalogue_pb2.OPENNESS_LEADERS, catalogue_pb2.OPENNESS_SEALED
#: What a row of any such table says: first what each has, then what some have.
COLUMNS: Final = (
    ("编号", "text", GOVERNMENT), ("名称", "text", PUBLIC), ("状态", "text", PUBLIC), ("所属网格", "text", GOVERNMENT),
    ("经办部门", "text", PUBLIC), ("经办人", "name", RELATED), ("联系电话", "phone", DEPARTMENT), ("地址", "address", RELATED),
    ("数量", "number", PUBLIC), ("金额", "number", GOVERNMENT), ("起始日期", "date", PUBLIC), ("截止日期", "date", PUBLIC),
    ("更新时间", "date", PUBLIC), ("处理意见", "text", LEADERS),
)  # fmt: skip
ALWAYS: Final = 2
#: Every so many-th item is not shared at all: fewer than five of a hundred.
SEALED_EVERY: Final = 40
#: How openly departments share what is so sensitive.
OPENNESS: Final = {
    elements_pb2.SENSITIVITY_PUBLIC: PUBLIC,
    elements_pb2.SENSITIVITY_INTERNAL: GOVERNMENT,
    elements_pb2.SENSITIVITY_PERSONAL: RELATED,
    elements_pb2.SENSITIVITY_SENSITIVE: DEPARTMENT,
}
PERSON, COMPONENT = elements_pb2.ELEMENT_KIND_PERSON, elements_pb2.ELEMENT_KIND_COMPONENT
#: Tables over what every element has beside its items: code, unit, name, kind, and its items with their openness.
OVER_ELEMENTS: Final = (
    ("D06-CC", "D06", "城市部件权属", COMPONENT, (
        ("class_code", "小类代码", PUBLIC), ("state", "状态", PUBLIC), ("key", "标识码", GOVERNMENT),
        ("grid_code", "所属网格", GOVERNMENT), ("owner_unit", "产权单位", RELATED))),
    ("D03-FP", "D03", "重点人员名册", PERSON, (
        ("name", "姓名", RELATED), ("tags", "人员标签", RELATED), ("grid_code", "所属网格", GOVERNMENT))),
    ("D18-PT", "D18", "服务对象分类", PERSON, (("tags", "人员标签", RELATED), ("grid_code", "所属网格", GOVERNMENT))),
)  # fmt: skip


def tables(schema: elements_pb2.GetElementSchemaResponse) -> list[catalogue_pb2.CatalogueTable]:
    """The whole catalogue."""
    lent = [*_of_the_registry(schema), *_over_elements()]
    items_left = ITEMS - sum(len(table.items) for table in lent)
    return [*lent, *_made_up(TABLES - len(lent), items_left)]


def units() -> list[tuple[str, str]]:
    """Code and name of each unit."""
    told = city.data()
    return [
        *((row["code"], row["name_zh"]) for row in told["departments"]),
        *((row["code"], row["name_zh"]) for row in told["owner_units"]),
        *((f"S{row['code'][3:]}", row["name"]) for row in told["subdistricts"]),
        *((f"G{number:02}", name) for number, name in enumerate(OFFICES, start=1)),
    ]


def _of_the_registry(schema: elements_pb2.GetElementSchemaResponse) -> list[catalogue_pb2.CatalogueTable]:
    """What the registry keeps, as tables of the departments that are its sources."""
    names = dict(units())
    found: dict[tuple[str, str], catalogue_pb2.CatalogueTable] = {}
    for item_class in schema.item_classes:
        for rule in item_class.items:
            unit = rule.source_department
            table = found.setdefault(
                (unit, item_class.code),
                catalogue_pb2.CatalogueTable(
                    code=f"{unit}-{item_class.code}",
                    unit_code=unit,
                    unit_name=names[unit],
                    name=f"{item_class.name}信息",
                    cycle=rule.cycle,
                ),
            )
            table.items.add(
                code=f"{unit}-{item_class.code}-{rule.code}",
                name=rule.name,
                type=rule.type,
                openness=OPENNESS[rule.sensitivity],
                kind=item_class.kind,
                element_item=rule.code,
            )
    return list(found.values())


def _over_elements() -> Iterator[catalogue_pb2.CatalogueTable]:
    names = dict(units())
    for code, unit, name, kind, items in OVER_ELEMENTS:
        table = catalogue_pb2.CatalogueTable(
            code=code, unit_code=unit, unit_name=names[unit], name=name, cycle="on_change"
        )
        for item, item_name, openness in items:
            table.items.add(
                code=f"{code}-{item}", name=item_name, type="text", openness=openness, kind=kind, element_item=item
            )
        yield table


def _made_up(count: int, items_left: int) -> Iterator[catalogue_pb2.CatalogueTable]:
    """So many tables with so many items in all, unit by unit in turn."""
    offices: Sequence[tuple[str, str]] = units()
    few, more = divmod(items_left, count)
    for number in range(count):
        unit, name = offices[number % len(offices)]
        turn = number // len(offices)
        code = f"{unit}-T{turn + 1:02}"
        table = catalogue_pb2.CatalogueTable(
            code=code,
            unit_code=unit,
            unit_name=name,
            name=f"{name}{SUBJECTS[turn]}",
            cycle=CYCLES[number % len(CYCLES)],
        )
        for place, (column, kind, openness) in enumerate(_columns(number, few + (number < more)), start=1):
            sealed = (number + place) % SEALED_EVERY == 0
            table.items.add(code=f"{code}-{place:02}", name=column, type=kind, openness=SEALED if sealed else openness)
        yield table


def _columns(number: int, count: int) -> list[tuple[str, str, catalogue_pb2.Openness.ValueType]]:
    """The columns of a table: not each has the same."""
    always, some = COLUMNS[:ALWAYS], COLUMNS[ALWAYS:]
    begin = number % len(some)
    return [*always, *(some[begin:] + some[:begin])[: count - ALWAYS]]
