"""What is kept about people and things, how it is masked, and what it is found by."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.platform.ids import uuid7
from services.registry.domain import wording
from services.registry.domain.elements import Draft, Element, Stand, changed, checked, require_writer, shown
from services.registry.domain.errors import ItemForeign, ItemRefused
from services.registry.domain.masking import HIDDEN, masked
from services.registry.domain.schema import ElementKind, ItemType, schema

PERSON = ElementKind.PERSON
STAND = Stand(grid_code="g1", longitude_deg=1.0, latitude_deg=2.0)


@pytest.mark.mechanism(49)
def test_nine_classes_hold_189_items_each_with_source_cycle_and_sensitivity() -> None:
    classes = [told for told in schema().classes if told.kind is PERSON]
    items = [rule for told in classes for rule in told.items]
    assert (len(classes), len(items)) == (9, 189)
    assert all(rule.source and rule.cycle and rule.sensitivity and rule.writers for rule in items)
    assert len({rule.code for rule in items}) == 189
    assert [len(told.items) for told in classes] == [32, 28, 18, 20, 16, 15, 22, 18, 20]


def test_components_have_92_classes_in_five_majors() -> None:
    classes = schema().terms[ElementKind.COMPONENT]
    assert len(classes) == 92
    assert {term.group for term in classes.values()} == {"01", "02", "03", "04", "05"}


@pytest.mark.parametrize(
    ("value", "kind", "told"),
    [
        ("李小明", ItemType.NAME, "李**"),
        ("李", ItemType.NAME, "李*"),
        ("110101199003071234", ItemType.IDENTITY_NUMBER, "1***************34"),
        ("13912345678", ItemType.PHONE, "139****5678"),
        ("1234567", ItemType.PHONE, HIDDEN),
        ("幸福里3号楼2单元501", ItemType.ADDRESS, "幸福里3号楼***"),
        ("松月路12号", ItemType.ADDRESS, "松月路12号***"),
        ("1990-03-07", ItemType.DATE, "1990-**-**"),
        ("low", ItemType.TEXT, HIDDEN),
        ("", ItemType.NAME, ""),
    ],
)
def test_a_masked_value_can_be_recognised_but_not_read(value: str, kind: ItemType, told: str) -> None:
    assert masked(value, kind) == told


@given(st.text(min_size=3, max_size=30), st.sampled_from([kind for kind in ItemType if kind is not ItemType.ADDRESS]))
def test_no_mask_shows_a_whole_value(value: str, kind: ItemType) -> None:
    assert masked(value, kind) != value or set(value) <= {"*"} or kind is ItemType.DATE


def test_personal_items_are_masked_and_others_are_not() -> None:
    told = shown(PERSON, {"name": "李小明", "gender": "男", "kept_before": "secret"})
    assert dict(told.items) == {"name": "李**", "gender": "男", "kept_before": "***"}
    assert told.masked_items == ("kept_before", "name")


@pytest.mark.parametrize(
    ("item", "value"),
    [
        ("birth_date", "1990-02-30"),
        ("birth_date", "yesterday"),
        ("phone", "call me"),
        ("identity_number", "不详"),
        ("monthly_income", "much"),
        ("is_student", "perhaps"),
        ("shoe_size", "42"),
        ("name", "长" * 501),
    ],
)
def test_a_value_that_does_not_fit_is_refused_without_being_repeated(item: str, value: str) -> None:
    with pytest.raises(ItemRefused) as refused:
        checked(Draft(kind=PERSON, items={item: value}))
    assert refused.value.details["item"] == item
    assert value not in str(refused.value)


def test_values_are_brought_into_one_form() -> None:
    draft = checked(
        Draft(
            kind=PERSON,
            items={
                "birth_date": "1990/3/7",
                "phone": "139 1234-5678",
                "is_student": "是",
                "identity_number": "11010119900307123x",
            },
            tags=("veteran", "low_income", "veteran"),
        )
    )
    assert draft.items == {
        "birth_date": "1990-03-07",
        "phone": "13912345678",
        "is_student": "yes",
        "identity_number": "11010119900307123X",
    }
    assert draft.tags == ("low_income", "veteran")


@pytest.mark.parametrize(
    "draft",
    [
        Draft(kind=PERSON, tags=("giant",)),
        Draft(kind=ElementKind.BUILDING, tags=("low_income",)),
        Draft(kind=ElementKind.COMPONENT, class_code="0199x"),
        Draft(kind=ElementKind.COMPONENT, key="123"),
        Draft(kind=ElementKind.COMPONENT, state="shiny"),
        Draft(kind=ElementKind.ROAD, class_code="0137"),
    ],
)
def test_what_no_list_holds_is_refused(draft: Draft) -> None:
    with pytest.raises(ItemRefused):
        checked(draft)


def test_only_those_whom_the_schema_names_write_an_item() -> None:
    income = Draft(kind=PERSON, items={"monthly_income": "3000"})
    require_writer(income, ["department_specialist"])
    with pytest.raises(ItemForeign):
        require_writer(income, ["grid_worker"])
    require_writer(Draft(kind=PERSON, items={"phone": "13912345678"}), ["grid_worker"])


def test_a_change_keeps_what_it_does_not_name_and_takes_away_what_it_empties() -> None:
    before = Element(id=uuid7(), kind=PERSON, items={"name": "李小明", "phone": "13912345678"}, tags=("veteran",))
    draft = Draft(kind=PERSON, items={"phone": "", "gender": "男"}, tags=("low_income",))
    after = changed(before, draft, STAND)
    assert after.items == {"gender": "男", "name": "李小明"}
    assert after.tags == ("low_income", "veteran")
    assert after.grid_code == "g1"
    assert changed(after, draft, STAND) == after


@given(st.text(alphabet="李小明王芳张伟abc12号楼", min_size=2, max_size=12), st.integers(0, 10), st.integers(2, 5))
def test_any_part_of_a_name_finds_it_by_its_tokens(name: str, start: int, length: int) -> None:
    part = name[start : start + length]
    if part:
        asked = wording.asked_tokens(part)[0]
        assert len(part) < 2 or set(asked) <= set(wording.tokens(name))


def test_people_are_found_by_surname_part_and_initials_but_only_through_the_blind_index() -> None:
    blind = {part: f"#{number}" for number, part in enumerate(["李", "李小", "李小明", "小明", "~lx", "~lxm"])}
    assert set(wording.name_tokens("李小明", blind.__getitem__)) == set(blind.values())
    assert wording.name_matches("李小明", "小明") == "name"
    assert wording.name_matches("李小明", "lxm") == "pinyin"
    assert wording.name_matches("李小明", "王") == ""
