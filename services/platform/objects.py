"""Stores files in any S3 service, through the minio client, without holding up anything else."""

import asyncio
import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Final, TypeVar

import urllib3
from minio import Minio
from minio.error import S3Error

from services.platform.circuit import Circuit
from services.platform.errors import Exhausted, NotFound, Unavailable
from services.platform.overload import Room
from services.platform.settings import ObjectStoreSettings

#: Between two pieces of an answer, not for the whole of it.
CONNECT_S: Final = 2.0
SILENCE_S: Final = 5.0
RETRIES: Final = 1
#: Threads of its own: a store that hangs must not hold up what else is done on threads.
THREADS: Final = 16
WAITING_MAX: Final = 200

Found = TypeVar("Found")
NOT_THERE: Final = frozenset({"NoSuchKey", "NoSuchBucket", "NoSuchObject"})
_AWAY: Final = (urllib3.exceptions.HTTPError, OSError)


class ObjectUnknown(NotFound):
    """There is no file with this key."""

    reason = "OBJECT_UNKNOWN"


class ObjectStore:
    """One bucket."""

    def __init__(self, client: Minio, bucket: str) -> None:
        self._client = client
        self._bucket = bucket
        self._circuit = Circuit("object store")
        self._room = Room(WAITING_MAX, kind="object")
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="objects")

    @classmethod
    def open(cls, settings: ObjectStoreSettings) -> "ObjectStore":
        """Speak to the service in the settings."""
        pool = urllib3.PoolManager(
            timeout=urllib3.Timeout(connect=CONNECT_S, read=SILENCE_S),
            retries=urllib3.Retry(total=RETRIES),
            maxsize=THREADS,
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

    async def _ask(self, deed: Callable[[], Found]) -> Found:
        """Do one thing on a thread. Fails with UNAVAILABLE, at once while the store is known to be away."""
        with self._room.entered(), self._circuit.asking():
            try:
                found = await asyncio.get_running_loop().run_in_executor(self._threads, deed)
            except S3Error as error:
                self._circuit.there()
                if error.code in NOT_THERE:
                    raise ObjectUnknown from error
                raise Unavailable(part="object store") from error
            except _AWAY as error:
                self._circuit.away()
                raise Unavailable(part="object store") from error
            self._circuit.there()
            return found

    async def put(self, key: str, content: bytes, content_type: str) -> None:
        """Store a file under a key. Fails with UNAVAILABLE."""
        await self._ask(
            lambda: self._client.put_object(self._bucket, key, io.BytesIO(content), len(content), content_type)
        )

    async def get(self, key: str) -> tuple[bytes, str]:
        """A file and its content type. Fails with OBJECT_UNKNOWN, UNAVAILABLE."""
        return await self._ask(lambda: self._get(key))

    def _get(self, key: str) -> tuple[bytes, str]:
        response = self._client.get_object(self._bucket, key)
        try:
            return response.read(), response.headers.get("Content-Type", "application/octet-stream")
        finally:
            response.close()
            response.release_conn()

    async def remove(self, key: str) -> None:
        """Take a file away; one that is gone already is no matter. Fails with UNAVAILABLE."""
        await self._ask(lambda: self._client.remove_object(self._bucket, key))

    async def link(self, key: str, *, life: timedelta) -> str:
        """An address under which whoever has it gets the file for a while. Fails with UNAVAILABLE."""
        return await self._ask(lambda: self._client.presigned_get_object(self._bucket, key, expires=life))

    async def ready(self) -> bool:
        """Whether the bucket can be reached."""
        try:
            return await self._ask(lambda: self._client.bucket_exists(self._bucket))
        except (Unavailable, NotFound, Exhausted):
            return False
