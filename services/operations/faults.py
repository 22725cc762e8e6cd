"""Tells in one sentence why the city's data cannot be looked after, and what to do about it."""

from services.machine.faults import Fault


class DataUnknown(Fault):
    """Nobody said where the data lies."""

    english = "Nobody said where the city's data lies ({lacking}); set it as docs/operations/backup.md tells."
    chinese = "未说明城市数据的位置（缺少 {lacking}）；请按 docs/operations/backup.md 设置。"
    exit_code = 40


class PlaceNotEmpty(Fault):
    """Restoring never overwrites."""

    english = "{place} already holds data ({found}); restore into an empty place, nothing was changed."
    chinese = "{place} 中已有数据（{found}）；请恢复到空的位置，未作任何更改。"
    exit_code = 41


class BackupDamaged(Fault):
    """A backup is not what was written."""

    english = "The backup {backup} is damaged ({what}); use another one."
    chinese = "备份 {backup} 已损坏（{what}）；请使用其他备份。"
    exit_code = 42


class RestoredDiffers(Fault):
    """What was restored is not what was backed up."""

    english = "What was restored differs from what was backed up ({what}); do not use it, restore anew."
    chinese = "恢复的数据与备份不一致（{what}）；请勿使用，重新恢复。"
    exit_code = 43


class ToolFailed(Fault):
    """pg_dump or pg_restore gave up."""

    english = "{tool} failed: {why}."
    chinese = "{tool} 失败：{why}。"
    exit_code = 44
