"""Tells in one sentence why Gridward does not start, and what to do about it."""

from typing import ClassVar


class Fault(Exception):
    """Something outside of Gridward is in the way; the operator is told what, and what helps."""

    english: ClassVar[str] = "Gridward cannot start: {problem}."
    chinese: ClassVar[str] = "Gridward 无法启动：{problem}。"
    exit_code: ClassVar[int] = 1

    def __init__(self, **details: object) -> None:
        self.details = details
        super().__init__(f"{self.zh} / {self.en}")

    @property
    def zh(self) -> str:
        """The sentence in Chinese."""
        return self.chinese.format(**self.details)

    @property
    def en(self) -> str:
        """The sentence in English."""
        return self.english.format(**self.details)


class PortTaken(Fault):
    """Somebody else listens on the only port that has to be a certain one."""

    english = (
        "Port {port} is taken by {holder}; stop that program, or choose another port: GRIDWARD_PORT={other} make run."
    )
    chinese = "端口 {port} 已被 {holder} 占用；请停止该程序，或换一个端口：GRIDWARD_PORT={other} make run。"
    exit_code = 10


class PortForbidden(Fault):
    """Low ports belong to root."""

    english = "Port {port} is reserved for root; choose one above 1023: GRIDWARD_PORT=8100 make run."
    chinese = "端口 {port} 仅限 root 使用；请选择大于 1023 的端口：GRIDWARD_PORT=8100 make run。"
    exit_code = 25


class SettingWrong(Fault):
    """What the operator set cannot be understood."""

    english = "The setting {name} is not valid ({why}); correct it or leave it out, then run make run again."
    chinese = "设置 {name} 无效（{why}）；请更正或去掉该设置，然后重新运行 make run。"
    exit_code = 26


class SupervisorStopped(Fault):
    """The process that keeps all others alive is gone."""

    english = "The supervisor ended unexpectedly and everything was stopped; read {log}, then run make run again."
    chinese = "守护进程意外退出，所有程序均已停止；请查看 {log}，然后重新运行 make run。"
    exit_code = 27


class FolderNotWritable(Fault):
    """The data folder cannot be written to."""

    english = (
        "The data folder {folder} cannot be written ({why}); give the account {account} the right to write there, "
        "or choose another folder: GRIDWARD_HOME=/path make run."
    )
    chinese = (
        "数据目录 {folder} 无法写入（{why}）；请授予账户 {account} 写权限，或换一个目录：GRIDWARD_HOME=/路径 make run。"
    )
    exit_code = 11


class DiskFull(Fault):
    """The disk has too little room to begin."""

    english = (
        "Only {free_mb} MB are free under {folder} and {needed_mb} MB are needed; free some space, or choose "
        "another disk: GRIDWARD_HOME=/path make run."
    )
    chinese = "{folder} 所在磁盘仅剩 {free_mb} MB，至少需要 {needed_mb} MB；请清理磁盘，或换一个磁盘：GRIDWARD_HOME=/路径 make run。"
    exit_code = 12


class AlreadyRunning(Fault):
    """Another launcher holds the data folder."""

    english = (
        "Gridward already runs on {folder} (process {pid}); use it, or stop it first: python -m services.machine stop."
    )
    chinese = "Gridward 已在 {folder} 上运行（进程 {pid}）；请直接使用，或先停止它：python -m services.machine stop。"
    exit_code = 13


class DatabaseInUse(Fault):
    """A PostgreSQL that is not ours has the data folder open."""

    english = "Another PostgreSQL (process {pid}) uses the data folder {folder}; stop it first: kill -INT {pid}."
    chinese = "另一个 PostgreSQL（进程 {pid}）正在使用数据目录 {folder}；请先停止它：kill -INT {pid}。"
    exit_code = 14


class DatabaseFailed(Fault):
    """PostgreSQL could not be made or started."""

    english = "PostgreSQL did not start ({why}); read {log}, then run make run again."
    chinese = "PostgreSQL 未能启动（{why}）；请查看 {log}，然后重新运行 make run。"
    exit_code = 15


class DatabaseOfAnotherVersion(Fault):
    """The data belongs to another major version of PostgreSQL."""

    english = (
        "The data in {folder} was made by PostgreSQL {found} and this is {wanted}; install the Gridward that made "
        "it and copy the data over with pg_dump, or choose an empty folder: GRIDWARD_HOME=/path make run."
    )
    chinese = (
        "{folder} 中的数据由 PostgreSQL {found} 生成，而当前版本是 {wanted}；请用原版本 Gridward 以 pg_dump 导出数据，"
        "或换一个空目录：GRIDWARD_HOME=/路径 make run。"
    )
    exit_code = 16


class DatabaseUnreachable(Fault):
    """The PostgreSQL given by the operator cannot be used."""

    english = (
        "The PostgreSQL named by GRIDWARD_DATABASE_ADMIN_URL does not let us in ({why}); check the address, the "
        "account and its rights (CREATEDB, CREATEROLE; PostgreSQL 15 or later)."
    )
    chinese = (
        "无法使用 GRIDWARD_DATABASE_ADMIN_URL 指定的 PostgreSQL（{why}）；请检查地址、账户及其权限"
        "（CREATEDB、CREATEROLE；PostgreSQL 15 及以上）。"
    )
    exit_code = 17


class StoreUnreachable(Fault):
    """The object store does not take our keys or lets us make no bucket."""

    english = (
        "The object store at {endpoint} cannot be used ({why}); check GRIDWARD_S3_ENDPOINT, GRIDWARD_S3_ACCESS_KEY "
        "and GRIDWARD_S3_SECRET_KEY."
    )
    chinese = (
        "无法使用对象存储 {endpoint}（{why}）；请检查 GRIDWARD_S3_ENDPOINT、GRIDWARD_S3_ACCESS_KEY "
        "和 GRIDWARD_S3_SECRET_KEY。"
    )
    exit_code = 28


class ProgramFailed(Fault):
    """A part of the suite ends again and again."""

    english = "{program} stops again and again (last line of its log: {line}); read {log}, then run make run again."
    chinese = "{program} 反复退出（日志最后一行：{line}）；请查看 {log}，然后重新运行 make run。"
    exit_code = 18


class ProgramSilent(Fault):
    """A part of the suite runs and yet never becomes ready."""

    english = (
        "{program} runs but is not ready after {waited_s} s (last line of its log: {line}); read {log}, then run "
        "make run again."
    )
    chinese = "{program} 启动 {waited_s} 秒后仍未就绪（日志最后一行：{line}）；请查看 {log}，然后重新运行 make run。"
    exit_code = 19


class WrongPython(Fault):
    """The Python that runs us is older than the code."""

    english = (
        "Python {found} is too old, Gridward needs {needed} or later; install it, delete .venv and run make run again."
    )
    chinese = "Python {found} 版本过低，Gridward 需要 {needed} 或更高版本；请安装后删除 .venv 并重新运行 make run。"
    exit_code = 20


class PlatformUnsupported(Fault):
    """A part comes without a program for this machine."""

    english = (
        "{part} is not packaged for this machine ({machine}); run Gridward on Linux x86_64 or aarch64 or on "
        "macOS, or give services of your own: {remedy}."
    )
    chinese = (
        "{part} 没有适用于本机（{machine}）的安装包；请在 Linux x86_64、aarch64 或 macOS 上运行，或自备服务：{remedy}。"
    )
    exit_code = 21


class NoAccountForDatabase(Fault):
    """We are root, and there is nobody else to run PostgreSQL."""

    english = (
        "PostgreSQL refuses to run as root and there is no account 'postgres' or 'nobody' to run it; run Gridward "
        "as an ordinary account."
    )
    chinese = "PostgreSQL 不能以 root 运行，而系统中没有 postgres 或 nobody 账户；请用普通账户运行 Gridward。"
    exit_code = 22


class NoFreePort(Fault):
    """All ports of our range are in use."""

    english = "No free port was found between {first} and {last}; stop some programs and run make run again."
    chinese = "在 {first} 到 {last} 之间找不到空闲端口；请停止一些程序后重新运行 make run。"
    exit_code = 23


class DemoFailed(Fault):
    """The demo city could not be loaded."""

    english = (
        "The demo city could not be loaded (last line of its log: {line}); read {log}, or start without it: "
        "python -m services.machine up --no-demo."
    )
    chinese = "演示城市加载失败（日志最后一行：{line}）；请查看 {log}，或不加载演示数据启动：python -m services.machine up --no-demo。"
    exit_code = 24
