"""Starts the video service."""

import asyncio

from services.platform import log as logs
from services.platform.clock import SystemClock
from services.platform.database import open_database
from services.platform.grpc_client import connect
from services.platform.identity import TokenSigner, service_caller
from services.platform.migrate import prepare
from services.video.settings import VideoSettings
from services.video.wiring import NAME, assemble


async def serve(settings: VideoSettings) -> None:
    """Serve until told to stop."""
    dsn = settings.database_url.get_secret_value()
    await asyncio.to_thread(prepare, settings, "services.platform", "services.video")
    database = await open_database(dsn, service=NAME, connections_max=settings.database_connections_max)
    signer = TokenSigner.from_file(settings.signing_key_file)
    registry = connect(settings.registry_address, signer=signer, caller=service_caller(NAME))
    incidents = connect(settings.incidents_address, signer=signer)
    own_incidents = connect(settings.incidents_address, signer=signer, caller=service_caller(NAME))
    video = await assemble(
        settings,
        database,
        registry=registry,
        incidents=incidents,
        own_incidents=own_incidents,
        clock=SystemClock(),
    )
    await video.process.run()
    await video.close()
    for channel in (registry, incidents, own_incidents):
        await channel.close()


def main() -> None:
    """The process."""
    settings = VideoSettings()
    logs.configure(NAME, settings.log_level)
    # asyncio's own loop: uvloop cannot start programs where its own standard input is closed, as supervisors leave it.
    asyncio.run(serve(settings))


if __name__ == "__main__":
    main()
