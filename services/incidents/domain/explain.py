"""Turns the router's account of its rules into lines that people read, in Chinese and in English."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from services.incidents.domain.routing import RuleTrace

CHINESE: Final = "zh"
ENGLISH: Final = "en"

TEXTS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "SETTLED_RULE_DECIDED": (
            "按路由规则{key}（第{version}版）：{title}，由{department}负责",
            "By routing rule {key} (version {version}): {title}; {department} is in charge",
        ),
        "INSPECTION_ITEM_DEPARTMENT": (
            "检查项{item}由{department}整改",
            "Inspection item {item} is put right by {department}",
        ),
        "ADMITTED": ("事项{task_type}（第{version}版）已准入", "Task type {task_type} (version {version}) is admitted"),
        "NOT_EXCLUSIVE": ("网格{grid}不是专属网格", "Grid {grid} is not an exclusive one"),
        "EXCLUSIVE_DEPARTMENT": (
            "专属网格{grid}由{department}负责",
            "Exclusive grid {grid} belongs to {department}",
        ),
        "EXCLUSIVE_WITHOUT_DEPARTMENT": (
            "专属网格{grid}没有指定负责部门",
            "Exclusive grid {grid} names no department of its own",
        ),
        "NO_OWNER_UNIT": ("未指明产权单位", "No owner unit was named"),
        "OWNER_UNIT_UNKNOWN": ("产权单位{owner_unit}不在名录中", "Owner unit {owner_unit} is not on the list"),
        "OWNER_UNIT_DEPARTMENT": (
            "产权单位{owner_unit}由{department}监管",
            "Owner unit {owner_unit} is supervised by {department}",
        ),
        "COMPONENT_OWNER_DEPARTMENT": (
            "{distance_m}米处部件{component}的产权单位{owner_unit}由{department}监管",
            "Component {component}, {distance_m} m away, belongs to {owner_unit}, supervised by {department}",
        ),
        "FORM_ANSWER_DEPARTMENT": (
            "表单“{field}”填{value}，由{department}处置",
            "The form says {value} for {field}, which is solved by {department}",
        ),
        "TASK_TYPE_DEPARTMENT": (
            "事项{task_type}由{department}处置",
            "Task type {task_type} is solved by {department}",
        ),
        "TASK_TYPE_WITHOUT_DEPARTMENT": (
            "事项{task_type}没有指定处置部门",
            "Task type {task_type} names no department",
        ),
        "CATEGORY_DEPARTMENT": (
            "类别{category}归{department}负责",
            "Category {category} is answered for by {department}",
        ),
        "NO_CATEGORY_DEPARTMENT": ("类别{category}没有对应部门", "Nobody answers for category {category}"),
        "DEPARTMENT_NOT_KNOWN": ("部门{department}不存在", "There is no department {department}"),
        "ALREADY_DECIDED": (
            "本规则指向{department}，前面已定为{decided}",
            "This rule points to {department}; {decided} was decided before",
        ),
        "EMERGENCY_TO_TOP": (
            "紧急事项，直接进入第{loop}闭环",
            "An emergency, so it begins in loop {loop}",
        ),
        "BEGINS_ON_THE_GROUND": ("从第{loop}闭环（网格、社区）开始", "It begins in loop {loop}, grid and community"),
        "EXCLUSIVE_PASSED_OVER": (
            "专属网格不经社区{area}",
            "An exclusive grid passes over community {area}",
        ),
        "NO_POST": ("{area}没有{role}岗位", "There is no post of {role} at {area}"),
        "POST_VACANT": ("{area}的岗位{post}（{role}）空缺", "Post {post} ({role}) at {area} is vacant"),
        "POST_FILLED": ("{area}的岗位{post}（{role}）由{staff}在岗", "{staff} holds post {post} ({role}) at {area}"),
        "POST_BY_SHIFT": (
            "{area}的岗位{post}（{role}）由{staff}值班",
            "{staff} is on shift at post {post} ({role}) at {area}",
        ),
        "DESK_NOT_NEEDED": ("无需{desk}介入", "{desk} is not needed"),
        "DESK_STANDS_IN": ("现场无人在岗，由{desk}代管", "Nobody is on duty on the ground, so {desk} stands in"),
        "DESK_DECIDES": ("没有规则确定部门，由{desk}派遣", "No rule gives a department, so {desk} decides"),
    }
)


def why(trace: RuleTrace, language: str) -> str:
    """One rule as a sentence; anything but Chinese is told in English."""
    chinese, english = TEXTS[trace.reason]
    return (chinese if language == CHINESE else english).format_map(trace.details)


def lines(explanation: tuple[RuleTrace, ...], language: str) -> tuple[str, ...]:
    """The whole account, one line for each rule, with a mark for those that decided something."""
    return tuple(f"{'✓' if trace.matched else '·'} {why(trace, language)}" for trace in explanation)
