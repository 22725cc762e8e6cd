"""Reads what a plugin asks for: what it may do, what the operator sets for it, and which secrets it holds."""

from typing import Final

from plugins.sdk.city import Setting
from plugins.sdk.manifest.model import SecretField, SettingField
from plugins.sdk.manifest.table import Table

#: What a department may ask to be allowed; reading its own cases is always allowed.
PERMISSIONS: Final = (
    "cases.note",
    "cases.advance",
    "cases.report",
    "files.keep",
    "link.send",
    "link.receive",
)
#: Data sets that the registry lends have a name of their own each.
DATA: Final = "data."

_NAME: Final = r"[a-z][a-z0-9_]{1,59}"
_TYPES: Final = ("string", "integer", "decimal", "boolean")


def permissions_of(table: Table) -> tuple[str, ...]:
    """What the plugin asks to be allowed."""
    asked = table.texts("permissions", most=50)
    for permission in asked:
        if permission not in PERMISSIONS and not permission.startswith(DATA):
            table.fault("permissions", f"{permission!r} is none of {', '.join(PERMISSIONS)}, {DATA}…")
    return asked


def settings_of(table: Table) -> tuple[SettingField, ...]:
    """What the operator may set."""
    settings = tuple(_setting(inner) for inner in table.tables("settings", least=0, most=50))
    table.different("settings", [setting.name for setting in settings])
    return settings


def secrets_of(table: Table) -> tuple[SecretField, ...]:
    """What only operator and plugin may know."""
    secrets = tuple(_secret(inner) for inner in table.tables("secrets", least=0, most=20))
    table.different("secrets", [secret.name for secret in secrets])
    return secrets


def problem_with(setting: SettingField, value: object) -> str:
    """What is wrong with a value for a setting; empty when nothing is."""
    if not fits(setting.type, value):
        return f"must be of type {setting.type}"
    if isinstance(value, int | float) and not isinstance(value, bool):
        if setting.minimum is not None and value < setting.minimum:
            return f"must be at least {setting.minimum:g}"
        if setting.maximum is not None and value > setting.maximum:
            return f"must be at most {setting.maximum:g}"
    return ""


def fits(kind: str, value: object) -> bool:
    """Whether a value is of a setting's type."""
    if kind == "boolean":
        return isinstance(value, bool)
    if kind == "string":
        return isinstance(value, str)
    whole = isinstance(value, int) and not isinstance(value, bool)
    return whole or (kind == "decimal" and isinstance(value, float))


def _setting(table: Table) -> SettingField:
    default: Setting | None = table.plain("default")
    setting = SettingField(
        name=table.text("name", max_length=60, pattern=_NAME),
        label=table.text("label", max_length=100),
        label_en=table.text("label_en", max_length=200),
        type=table.choice("type", _TYPES),
        default=default,
        minimum=table.number("min"),
        maximum=table.number("max"),
    )
    if default is not None and (problem := problem_with(setting, default)):
        table.fault("default", problem)
    table.finish()
    return setting


def _secret(table: Table) -> SecretField:
    secret = SecretField(
        name=table.text("name", max_length=60, pattern=_NAME),
        label=table.text("label", max_length=100),
        label_en=table.text("label_en", max_length=200),
    )
    table.finish()
    return secret
