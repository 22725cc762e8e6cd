"""What a kind of matter has beyond the usual is kept with its version, and a change of it is a new version."""

from gridward.registry.v1 import staff_pb2, tasks_pb2

from services.incidents.cityview.told import task_type_of
from tests.integration.registry.conftest import Person, Registry
from tests.integration.registry.test_tasks import a_registration, a_type


async def test_traits_are_kept_and_a_change_of_them_is_a_new_version(registry: Registry, admin: Person) -> None:
    await admin.import_departments(staff_pb2.Department(code="D09", name="市政", plugin="municipal_works"))
    works = await registry.plugin("municipal_works", "D09")
    plain, special = a_type(), a_type()
    special.traits.CopyFrom(
        tasks_pb2.TaskTraits(
            photos_at_disposal=3,
            hints=[tasks_pb2.RoutingHint(field="kind", value="tree", department_code="D09")],
            stages=[tasks_pb2.DisposalStage(code="seen", title="看", title_en="Seen", next=["fixed"])],
            notices=[tasks_pb2.TaskNotice(at="sign", to="reporter", text="已签收", text_en="Signed")],
        )
    )
    first = (await works.tasks.RegisterPlugin(a_registration(plain))).task_types[0]
    second = (await works.tasks.RegisterPlugin(a_registration(special))).task_types[0]
    again = (await works.tasks.RegisterPlugin(a_registration(special))).task_types[0]
    assert not first.HasField("traits")
    assert second.traits == special.traits
    assert (first.version, second.version, again.version) == (1, 2, 2)


def test_a_case_needs_as_many_photos_as_its_type_asks_for_and_otherwise_as_its_check_does() -> None:
    plain, special = a_type(), a_type()
    special.traits.photos_at_check = 2
    special.traits.photos_at_disposal = 0
    usual, asked = task_type_of(plain).evidence, task_type_of(special).evidence
    assert (asked.after_count, asked.check_count, asked.report_count) == (0, 2, usual.report_count)
    assert usual != asked
