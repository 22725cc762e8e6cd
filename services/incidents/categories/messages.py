"""Says classes and editions in the words of the contract."""

from datetime import date

from gridward.incidents.v1 import categories_pb2

from services.incidents.categories.domain import MAJORS, Category, Edition, Fault, Kind
from services.incidents.messages.outgoing import limit_message

KINDS = {Kind.COMPONENT: categories_pb2.CATEGORY_KIND_COMPONENT, Kind.EVENT: categories_pb2.CATEGORY_KIND_EVENT}


def category_message(category: Category) -> categories_pb2.Category:
    """A class."""
    major_name, major_name_en = MAJORS[category.major_code]
    return categories_pb2.Category(
        code=category.code,
        name=category.name,
        name_en=category.name_en,
        kind=KINDS[category.kind],
        major_code=category.major_code,
        major_name=major_name,
        major_name_en=major_name_en,
        local=category.local,
        limits=[
            categories_pb2.CategoryLimit(condition=limit.condition, limit=limit_message(limit.limit))
            for limit in category.limits
        ],
        keywords=category.keywords,
        retired=category.retired,
    )


def edition_message(edition: Edition, *, counts_today: bool) -> categories_pb2.Edition:
    """An edition."""
    return categories_pb2.Edition(
        version=edition.version,
        title=edition.title,
        effective_from="" if edition.effective_from == date.min else edition.effective_from.isoformat(),
        class_count=edition.class_count,
        created_by=edition.created_by,
        counts_today=counts_today,
    )


def fault_message(fault: Fault) -> categories_pb2.CategoryFault:
    """Something about one line."""
    return categories_pb2.CategoryFault(
        line=fault.line, field=fault.field, problem=fault.problem, reason=fault.flaw, value=fault.value
    )
