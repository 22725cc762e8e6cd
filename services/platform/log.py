"""Writes what happened as one line of JSON, with the ids by which it can be found again."""

import logging
import sys
from typing import TextIO

import structlog
from structlog.tracebacks import ExceptionDictTransformer


def configure(service: str, level: str, stream: TextIO | None = None) -> None:
    """Send structlog and the standard library's log to stdout as JSON lines, named after the service."""
    logging.basicConfig(level=level, stream=stream or sys.stdout, format="%(message)s", force=True)
    for noisy in ("asyncio", "grpc", "aio_pika", "aiormq", "urllib3", "httpx"):
        logging.getLogger(noisy).setLevel("WARNING")
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            # No local variables: they hold what people wrote and who they are.
            structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False)),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.PrintLoggerFactory(stream or sys.stdout),
    )
    structlog.contextvars.bind_contextvars(service=service)
