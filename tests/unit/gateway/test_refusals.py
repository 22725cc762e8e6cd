"""What services say inside a refusal is said in the language of whoever asked, numbers and codes included."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import services
from services.gateway import problems
from services.gateway.words import words_in
from services.platform.errors import Conflict, Forbidden, GridwardError, Invalid
from services.registry.domain.councils import CouncilRefused, ProposalStateWrong, ResolutionIncomplete
from services.registry.domain.errors import (
    AreaChangeRefused,
    ImportStateWrong,
    ItemForeign,
    ItemRefused,
    LoanStateWrong,
)
from services.registry.domain.force import ForceRefused

REGISTRY = Path(services.__path__[0]) / "registry"
#: What JSON Schema itself says of a form; it has no other words.
OUTSIDE = {"{error.json_path}: {error.message}"}


def told(error: GridwardError, language: str = "zh") -> str:
    return problems.message_of(error, words_in(language))


def said_in_code() -> Iterator[str]:
    """Every sentence that registry gives to a refusal as its problem, with x in place of what varies."""
    for file in sorted(REGISTRY.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.keyword) and node.arg == "problem":
                parts = [node.value] if not isinstance(node.value, ast.JoinedStr) else node.value.values
                texts = [part.value if isinstance(part, ast.Constant) else "x" for part in parts]
                if any(isinstance(part, ast.Constant) for part in parts):
                    yield "".join(map(str, texts))


def test_every_problem_that_registry_names_has_words_in_chinese() -> None:
    said = set(said_in_code())
    assert len(said) > 15
    spoken = {text: told(Invalid(problem=text)) for text in said}
    left = {text for text, words in spoken.items() if text in words and text.isascii()}
    assert left == set()


@pytest.mark.parametrize(
    ("error", "chinese"),
    [
        (CouncilRefused(problem="the quorum must be more than half of 5 members, and not more than all"),
         "议事组织未保存:法定人数须超过 5 名成员的一半,且不多于全体成员"),
        (ProposalStateWrong(state="rejected"), "议题当前状态为“未通过”,不能进行此操作。"),
        (ProposalStateWrong(state="deliberated"), "议题当前状态为“已在两次会上议过,或已在这次会上议过”,不能进行此操作。"),
        (ResolutionIncomplete(missing="deliberation 2, disclosure 1, disclosure 2"),
         "决议尚不能实施,缺少:第二次商议、第一次公开、第二次公开。"),
        (ForceRefused(row=2, staff_code="staff:b", problem="999 is no grid in force"),
         "未能下沉,第 2 行 staff:b:999 不是现有网格"),
        (LoanStateWrong(state="about data that lie outside the registry"),
         "数据借用当前状态为“所选数据不在本平台,请向其单位索取”,不能进行此操作。"),
        (ImportStateWrong(state="running, at piece 3"), "导入当前状态为“读取中、已收到第 3 块”,不能进行此操作。"),
        (ItemRefused(item="class_code", problem="there is no class 9999 of a component"), "信息项 小类:部件没有小类 9999"),
        (ItemForeign(item="phone", writers="grid_worker, community_admin"),
         "信息项 电话号码 只能由这些角色填写:网格员、社区管理员。"),
        (AreaChangeRefused(fault_count=1, first="430811001001001: AREA_OVERLAP, 12 m² also belong to 430811001001002"),
         "区域不能这样调整,共 1 处问题。第一处:430811001001001: 重叠, 有 12 平方米也属于 430811001001002。"),
    ],
)  # fmt: skip
def test_a_refusal_is_told_in_chinese_with_its_numbers_and_codes(error: GridwardError, chinese: str) -> None:
    assert told(error) == chinese
    assert all(ord(character) < 0x2E80 for character in told(error, "en"))


def test_what_is_not_known_is_told_as_it_was_said() -> None:
    assert told(Invalid(problem="something quite new")).endswith("something quite new")


def test_words_of_other_services_stay_as_they_were() -> None:
    class Elsewhere(Conflict):
        """It is {state}."""

        reason = "CASE_ELSEWHERE"

    class Unlike(Forbidden):
        """It is {wanted}."""

        reason = "CASE_UNLIKE"

    assert told(Elsewhere(state="closed")) == "It is closed."
    assert told(Unlike(wanted="3")) == "It is 3."
