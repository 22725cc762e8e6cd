"""Runs departments: `python -m services.host` all that are installed, `python -m services.host NAME…` those named.

`python -m services.host letters` looks at what was put aside, and has it told anew.
"""

import io
import sys
import warnings

# Said at every start by a library that is confined to this process on purpose.
warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")

import eventlet  # noqa: E402 after the filter


def main() -> int:
    """Look at letters, or run departments."""
    if sys.argv[1:2] == ["letters"]:
        from services.host import letters  # noqa: PLC0415

        return letters.main(sys.argv[2:])
    return serve()


def serve() -> int:
    """Turn the process green, let gRPC in by its own door, and only then import what uses either."""
    eventlet.monkey_patch()
    from services.host import native_grpc  # noqa: F401, PLC0415
    from services.host.process import run  # noqa: PLC0415
    from services.host.settings import HostSettings  # noqa: PLC0415
    from services.platform import log  # noqa: PLC0415

    if isinstance(sys.stdout, io.TextIOWrapper):
        # Departments may say what is no text; their complaint is logged all the same.
        sys.stdout.reconfigure(errors="backslashreplace")
    settings = HostSettings()
    log.configure("host", settings.log_level)
    return run(sys.argv[1:], settings)


if __name__ == "__main__":
    sys.exit(main())
