"""Says departments, posts and shifts in the words of the contract, and understands them."""

from gridward.registry.v1 import staff_pb2

from services.registry.domain.staff import Department, OwnerUnit, Post, Shift, StoredPost
from services.registry.servicer.moments import moment_of


def department_of(message: staff_pb2.Department) -> Department:
    """A department from its message."""
    return Department(code=message.code, name=message.name, name_en=message.name_en, plugin=message.plugin)


def department_message(department: Department) -> staff_pb2.Department:
    """A department as others are told of it."""
    return staff_pb2.Department(
        code=department.code, name=department.name, name_en=department.name_en, plugin=department.plugin
    )


def owner_unit_of(message: staff_pb2.OwnerUnit) -> OwnerUnit:
    """An owner unit from its message."""
    return OwnerUnit(
        code=message.code, name=message.name, name_en=message.name_en, department_code=message.department_code
    )


def owner_unit_message(unit: OwnerUnit) -> staff_pb2.OwnerUnit:
    """An owner unit as others are told of it."""
    return staff_pb2.OwnerUnit(
        code=unit.code, name=unit.name, name_en=unit.name_en, department_code=unit.department_code
    )


def post_of(message: staff_pb2.Post) -> Post:
    """A post from its message; shifts and version are output only."""
    return Post(
        code=message.code,
        role=message.role,
        area_code=message.area_code,
        department_code=message.department_code,
        staff_code=message.staff_code,
        title=message.title,
        title_en=message.title_en,
        duty_phone=message.duty_phone,
    )


def post_message(stored: StoredPost) -> staff_pb2.Post:
    """A post as others are told of it."""
    post = stored.post
    message = staff_pb2.Post(
        code=post.code,
        role=post.role,
        area_code=post.area_code,
        department_code=post.department_code,
        staff_code=post.staff_code,
        title=post.title,
        title_en=post.title_en,
        duty_phone=post.duty_phone,
        version=stored.version,
    )
    for shift in stored.shifts:
        added = message.shifts.add(staff_code=shift.staff_code)
        added.starts_at.FromDatetime(shift.starts_at)
        added.ends_at.FromDatetime(shift.ends_at)
    return message


def shift_of(request: staff_pb2.SetShiftRequest) -> Shift:
    """A shift from the request that sets it."""
    return Shift(
        staff_code=request.staff_code, starts_at=moment_of(request.starts_at), ends_at=moment_of(request.ends_at)
    )
