"""Names what registry refuses, each with the words to tell the person who tried."""

from services.platform.errors import AlreadyExists, Conflict, Forbidden, Invalid, NotFound, Stale


class AreaUnknown(NotFound):
    """There is no area {code} here."""

    reason = "AREA_UNKNOWN"


class AreaImportRefused(Invalid):
    """The areas were not taken in, because of {fault_count} faults. The first: {first}."""

    reason = "AREA_IMPORT_REFUSED"


class CrsUnknown(Invalid):
    """Coordinates in {crs} cannot be read; name one of {known}."""

    reason = "CRS_UNKNOWN"


class ImportTooLarge(Invalid):
    """An import may have at most {limit_bytes} bytes."""

    reason = "IMPORT_TOO_LARGE"


class LayerTooLarge(Invalid):
    """The layer has more than {limit_bytes} bytes; ask for it below a smaller area."""

    reason = "LAYER_TOO_LARGE"


class DepartmentUnknown(NotFound):
    """There is no department {code}."""

    reason = "DEPARTMENT_UNKNOWN"


class RoleUnknown(NotFound):
    """There is no staff role {role}."""

    reason = "ROLE_UNKNOWN"


class PostUnknown(NotFound):
    """There is no post {code} that you may fill."""

    reason = "POST_UNKNOWN"


class ShiftOverlaps(Conflict):
    """Somebody stands in on post {post_code} in that time already."""

    reason = "SHIFT_OVERLAPS"


class TerminalUnknown(NotFound):
    """Terminal {terminal_id} is not bound to a grid."""

    reason = "TERMINAL_UNKNOWN"


class OutOfGrid(Forbidden):
    """The place lies outside grid {grid_code}, to which terminal {terminal_id} is bound."""

    reason = "OUT_OF_GRID"


class BeyondReach(Forbidden):
    """{subject} lies outside the area or department you answer for."""

    reason = "BEYOND_REACH"


class TaskTypeTaken(AlreadyExists):
    """Task type {code} belongs to {owner} already."""

    reason = "TASK_TYPE_TAKEN"


class TaskTypeUnknown(NotFound):
    """There is no task type {code}."""

    reason = "TASK_TYPE_UNKNOWN"


class FormInvalid(Invalid):
    """The form of task type {code} is not a usable JSON Schema: {problem}."""

    reason = "FORM_INVALID"


class LeaseLost(Conflict):
    """The lease ran out; please register again."""

    reason = "LEASE_LOST"


class AdmissionNotPossible(Conflict):
    """Task type {code} is {admission} and cannot become {wanted}."""

    reason = "ADMISSION_NOT_POSSIBLE"


class TerminalRevoked(Forbidden):
    """Terminal {terminal_id} was withdrawn; ask your leader to bind it again."""

    reason = "TERMINAL_REVOKED"


class ElementUnknown(NotFound):
    """There is no such entry that you may see."""

    reason = "ELEMENT_UNKNOWN"


class ElementStale(Stale):
    """Somebody else changed this entry first; look at it again."""

    reason = "ELEMENT_STALE"


class ElementOccupied(Conflict):
    """{count} entries still lie within it."""

    reason = "ELEMENT_OCCUPIED"


class ElementPlaceless(Invalid):
    """Say where it is: by a point, or by what it lies within."""

    reason = "ELEMENT_PLACELESS"


class ItemRefused(Invalid):
    """Item {item}: {problem}."""

    reason = "ITEM_REFUSED"


class CaseRequired(Invalid):
    """Say which case it is about: only those who visit people may look without one."""

    reason = "CASE_REQUIRED"


class CaseUnknown(NotFound):
    """There is no case {case_id} within your reach."""

    reason = "CASE_UNKNOWN"


class ItemForeign(Forbidden):
    """Item {item} is written by {writers}."""

    reason = "ITEM_FOREIGN"


class PointOutside(Invalid):
    """The point {longitude_deg}, {latitude_deg} lies in no grid of the city."""

    reason = "OUT_OF_AREA"


class PurposeRequired(Invalid):
    """Say what it is needed for."""

    reason = "PURPOSE_REQUIRED"


class DayInvalid(Invalid):
    """{day} is not a day of the calendar."""

    reason = "DAY_INVALID"


class ImportUnknown(NotFound):
    """There is no such import of yours."""

    reason = "IMPORT_UNKNOWN"


class ImportStateWrong(Conflict):
    """The import is {state}; that is not possible now."""

    reason = "IMPORT_STATE"


class QueryTooShort(Invalid):
    """Say a little more of what you look for: two characters at least."""

    reason = "QUERY_TOO_SHORT"


class PatrolRunning(Conflict):
    """You are on patrol in grid {grid_code} already; end that first."""

    reason = "PATROL_RUNNING"


class PatrolUnknown(NotFound):
    """There is no such patrol of yours."""

    reason = "PATROL_UNKNOWN"


class AreaChangeRefused(Invalid):
    """The areas cannot be changed so, because of {fault_count} faults. The first: {first}."""

    reason = "AREA_CHANGE_REFUSED"


class AreaChangeUnknown(NotFound):
    """There is no such change of areas."""

    reason = "AREA_CHANGE_UNKNOWN"


class AreaChangeStateWrong(Conflict):
    """The change is {state}; that is not possible now."""

    reason = "AREA_CHANGE_STATE"


class SourceForeign(Forbidden):
    """You cannot speak for {source}."""

    reason = "SOURCE_FOREIGN"


class CorrectionUnknown(NotFound):
    """There is no such correction task of yours."""

    reason = "CORRECTION_UNKNOWN"


class CorrectionClosed(Conflict):
    """The task was closed already: {state}."""

    reason = "CORRECTION_CLOSED"


class ClueUnknown(NotFound):
    """There is no such clue in your grids."""

    reason = "CLUE_UNKNOWN"


class ClueClosed(Conflict):
    """The clue was looked at already: {state}."""

    reason = "CLUE_CLOSED"


class ClueOwn(Forbidden):
    """Whoever gave a clue cannot confirm it."""

    reason = "CLUE_OWN"


class CatalogueRefused(Invalid):
    """The catalogue was not taken in: {subject}, {problem}."""

    reason = "CATALOGUE_REFUSED"


class CatalogueItemUnknown(NotFound):
    """There is no item {code} in the catalogue."""

    reason = "CATALOGUE_ITEM_UNKNOWN"


class OwnerOnly(Forbidden):
    """Only {unit} itself decides about its data."""

    reason = "OWNER_ONLY"


class ItemSealed(Forbidden):
    """Item {code} is not shared by its owner."""

    reason = "ITEM_SEALED"


class LoanUnknown(NotFound):
    """There is no such loan of yours."""

    reason = "LOAN_UNKNOWN"


class LoanStateWrong(Conflict):
    """The loan is {state}; that is not possible now."""

    reason = "LOAN_STATE"


class PersonUnproven(Forbidden):
    """These details do not match anybody in the registry; please ask your community office."""

    reason = "PERSON_UNPROVEN"


class NotOpen(Forbidden):
    """Nothing about a {kind} is open data."""

    reason = "NOT_OPEN"


class GroupFull(Conflict):
    """Group {group} has {size} households already."""

    reason = "GROUP_FULL"


class GroupTaken(Conflict):
    """The household belongs to group {group}; take it out of that first."""

    reason = "GROUP_TAKEN"


class PluginUnknown(NotFound):
    """No plugin {plugin} has ever joined."""

    reason = "PLUGIN_UNKNOWN"


class PluginStandingWrong(Conflict):
    """Plugin {plugin} is {standing} and cannot become {wanted}."""

    reason = "PLUGIN_STANDING"


class PluginWithdrawn(Forbidden):
    """Plugin {plugin} was withdrawn by the centre."""

    reason = "PLUGIN_WITHDRAWN"


class ReleaseUnknown(NotFound):
    """Plugin {plugin} has no running release {release}."""

    reason = "RELEASE_UNKNOWN"


class ReleaseNewest(Conflict):
    """Release {release} of plugin {plugin} is the newest; a newer one must have joined before it can end."""

    reason = "RELEASE_NEWEST"
