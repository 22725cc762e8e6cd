"""Opens one stream, gives one frame as JPEG and ends; run as a program of its own, so that a hang or crash stays here.

Reads one line of JSON: address, open_ms, read_ms, end_s, and at_s for a film, which plays in a loop by the clock.
Writes one line of JSON, width_px, height_px and bytes, and then the JPEG; or a line with only the problem.
"""

import json
import resource
import signal
import sys
from typing import Any

import cv2

JPEG_QUALITY = 85
PIXELS_MAX = 40_000_000
MEMORY_BYTES_MAX = 4 * 1024**3
CPU_S_MAX = 60
UNREACHABLE, UNREADABLE = "unreachable", "unreadable"


def main() -> None:
    """The program."""
    order = json.loads(sys.stdin.readline())
    signal.alarm(order["end_s"])  # ends the process even where a library hangs and whoever started it is gone
    confine()
    answer, content = grab(order)
    sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n" + content)


def confine() -> None:
    """Take from this process what a picture never needs: what a film does to a decoder cannot harm anything else."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES_MAX, MEMORY_BYTES_MAX))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S_MAX, CPU_S_MAX))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    cv2.setNumThreads(1)


def grab(order: dict[str, Any]) -> tuple[dict[str, object], bytes]:
    """The answer and the picture."""
    timeouts = [
        int(cv2.CAP_PROP_OPEN_TIMEOUT_MSEC),
        int(order["open_ms"]),
        int(cv2.CAP_PROP_READ_TIMEOUT_MSEC),
        int(order["read_ms"]),
        int(cv2.CAP_PROP_N_THREADS),
        1,
    ]
    capture = cv2.VideoCapture(order["address"], cv2.CAP_FFMPEG, timeouts)
    film = order["at_s"] is not None
    if not capture.isOpened():
        return {"problem": UNREADABLE if film else UNREACHABLE}, b""
    if film:
        wind_on(capture, order["at_s"])
    read, picture = capture.read()
    if not read or picture is None or picture.size == 0:
        return {"problem": UNREADABLE}, b""
    height_px, width_px = picture.shape[:2]
    if height_px * width_px > PIXELS_MAX:
        return {"problem": UNREADABLE}, b""
    encoded, jpeg = cv2.imencode(".jpg", picture, [int(cv2.IMWRITE_JPEG_QUALITY), JPEG_QUALITY])
    if not encoded:
        return {"problem": UNREADABLE}, b""
    content = jpeg.tobytes()
    return {"width_px": width_px, "height_px": height_px, "bytes": len(content)}, content


def wind_on(capture: cv2.VideoCapture, at_s: float) -> None:
    """To where the film would be now, had it been running all the time."""
    frames = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
    frames_per_s = capture.get(cv2.CAP_PROP_FPS)
    if frames > 1 and frames_per_s > 0:
        capture.set(cv2.CAP_PROP_POS_FRAMES, int(at_s * frames_per_s) % frames)


if __name__ == "__main__":
    main()
