"""Runs departments: the only home of nameko and eventlet.

Each department plugin becomes one nameko service. It is found by its entry point, checked before it is run,
registered with the registry under a lease, and told the events of its own task types: over gRPC streams, or
from RabbitMQ where the city has one. What a department does with them it does through the same public calls
as everybody else. A department that raises, hangs or is wrong altogether disturbs no other and loses nothing:
its event is tried again and at last put aside for a person.
"""
