"""Asks a part of the suite whether it is well, in the way that part answers."""

import http.client
from collections.abc import Callable, Mapping
from typing import Final

import grpc
from grpc_health.v1 import health_pb2

from services.machine import objectstore, postgres
from services.machine.plan import Check, Program

ANSWER_S_MAX: Final = 2.0


def is_well(program: Program) -> bool:
    """Whether a running program does its work."""
    return _QUESTIONS[program.check](program)


def _grpc(program: Program) -> bool:
    with grpc.insecure_channel(program.address) as channel:
        check = channel.unary_unary(
            "/grpc.health.v1.Health/Check",
            request_serializer=health_pb2.HealthCheckRequest.SerializeToString,
            response_deserializer=health_pb2.HealthCheckResponse.FromString,
        )
        try:
            answer = check(health_pb2.HealthCheckRequest(), timeout=ANSWER_S_MAX)
        except grpc.RpcError:
            return False
    return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


def _http(program: Program) -> bool:
    host, _, port = program.address.partition(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=ANSWER_S_MAX)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _postgres(program: Program) -> bool:
    return postgres.is_ready(program.address)


def _s3(program: Program) -> bool:
    return objectstore.answers(program.address)


_QUESTIONS: Final[Mapping[Check, Callable[[Program], bool]]] = {
    Check.GRPC: _grpc,
    Check.HTTP: _http,
    Check.POSTGRES: _postgres,
    Check.S3: _s3,
    Check.PROCESS: lambda _: True,
}
