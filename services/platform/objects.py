"""Stores files in any S3 service, through the minio client, without holding up anything else."""

import asyncio
import io
from datetime import timedelta

import urllib3
from minio import Minio
from minio.error import S3Error

from services.platform.errors import NotFound, Unavailable
from services.platform.settings import ObjectStoreSettings

TIMEOUT_S = 15.0
ATTEMPTS = 2


class ObjectUnknown(NotFound):
    """There is no file with this key."""

    reason = "OBJECT_UNKNOWN"


class ObjectStore:
    """One bucket."""

    def __init__(self, client: Minio, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    @classmethod
    def open(cls, settings: ObjectStoreSettings) -> "ObjectStore":
        """Speak to the service in the settings."""
        pool = urllib3.PoolManager(
            timeout=urllib3.Timeout(connect=3.0, read=TIMEOUT_S), retries=urllib3.Retry(total=ATTEMPTS), maxsize=16
        )
        client = Minio(
            settings.s3_endpoint,
            access_key=settings.s3_access_key.get_secret_value(),
            secret_key=settings.s3_secret_key.get_secret_value(),
            secure=settings.s3_secure,
            region="us-east-1",
            http_client=pool,
        )
        return cls(client, settings.s3_bucket)

    async def put(self, key: str, content: bytes, content_type: str) -> None:
        """Store a file under a key. Fails with UNAVAILABLE."""
        await asyncio.to_thread(self._put, key, content, content_type)

    def _put(self, key: str, content: bytes, content_type: str) -> None:
        try:
            self._client.put_object(self._bucket, key, io.BytesIO(content), len(content), content_type)
        except (S3Error, urllib3.exceptions.HTTPError, OSError) as error:
            raise Unavailable(part="object store") from error

    async def get(self, key: str) -> tuple[bytes, str]:
        """A file and its content type. Fails with OBJECT_UNKNOWN, UNAVAILABLE."""
        return await asyncio.to_thread(self._get, key)

    def _get(self, key: str) -> tuple[bytes, str]:
        try:
            response = self._client.get_object(self._bucket, key)
            try:
                return response.read(), response.headers.get("Content-Type", "application/octet-stream")
            finally:
                response.close()
                response.release_conn()
        except S3Error as error:
            if error.code in {"NoSuchKey", "NoSuchBucket", "NoSuchObject"}:
                raise ObjectUnknown from error
            raise Unavailable(part="object store") from error
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise Unavailable(part="object store") from error

    async def remove(self, key: str) -> None:
        """Take a file away; one that is gone already is no matter. Fails with UNAVAILABLE."""
        try:
            await asyncio.to_thread(self._client.remove_object, self._bucket, key)
        except (S3Error, urllib3.exceptions.HTTPError, OSError) as error:
            raise Unavailable(part="object store") from error

    async def link(self, key: str, *, life: timedelta) -> str:
        """An address under which whoever has it gets the file for a while. Fails with UNAVAILABLE."""
        try:
            return await asyncio.to_thread(self._client.presigned_get_object, self._bucket, key, expires=life)
        except (S3Error, urllib3.exceptions.HTTPError, OSError) as error:
            raise Unavailable(part="object store") from error

    async def ready(self) -> bool:
        """Whether the bucket can be reached."""
        try:
            return await asyncio.to_thread(self._client.bucket_exists, self._bucket)
        except (S3Error, urllib3.exceptions.HTTPError, OSError):
            return False
