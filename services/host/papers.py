"""Keeps departments' papers in the city's object store, each under its own content, so that it is kept once."""

from hashlib import sha256
from io import BytesIO
from pathlib import PurePosixPath
from typing import Final

from minio import Minio
from minio.error import MinioException
from urllib3.exceptions import HTTPError

from plugins import sdk
from services.host.settings import HostSettings

PAPER_BYTES_MAX: Final = 10 * 1024 * 1024
PREFIX: Final = "documents"


class Papers:
    """The object store as a department may use it; waits for the network: call it on a real thread."""

    def __init__(self, settings: HostSettings) -> None:
        self._bucket = settings.s3_bucket
        self._client = (
            Minio(
                settings.s3_endpoint,
                access_key=settings.s3_access_key.get_secret_value(),
                secret_key=settings.s3_secret_key.get_secret_value(),
                secure=settings.s3_secure,
            )
            if settings.s3_endpoint
            else None
        )

    def keep(self, plugin: str, document: sdk.Document) -> sdk.Evidence:
        """Keep a paper; fails with Refused (PAPERS_NOT_KEPT, PAPER_TOO_LARGE) or Away."""
        if self._client is None:
            raise sdk.Refused(reason="PAPERS_NOT_KEPT", message="the host has no object store")
        if len(document.content) > PAPER_BYTES_MAX:
            raise sdk.Refused(reason="PAPER_TOO_LARGE", message=f"{document.name} is too large")
        digest = sha256(document.content).hexdigest()
        key = f"{PREFIX}/{plugin}/{digest}{PurePosixPath(document.name).suffix}"
        try:
            self._client.put_object(
                self._bucket, key, BytesIO(document.content), len(document.content), content_type=document.content_type
            )
        except (MinioException, HTTPError, OSError) as error:
            raise sdk.Away("object store") from error
        return sdk.Evidence(
            object_key=key, sha256=digest, content_type=document.content_type, kind=sdk.EvidenceKind.AFTER
        )
