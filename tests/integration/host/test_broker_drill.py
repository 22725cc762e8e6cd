"""The drill with the broker in small: killed and started again under load, nothing is lost and nothing heard twice."""

from tests.drills import broker as drill
from tests.integration.host.conftest import MakeHost
from tests.support.servers import Broker


def test_a_broker_that_is_killed_under_load_loses_nothing_and_doubles_nothing(
    make_host: MakeHost, broker: Broker
) -> None:
    host = make_host("heritage", amqp_url=broker.amqp_url)
    outcome = drill.trial(host, broker, rate=1000, count=2000, kills=1)
    assert (outcome.lost, outcome.doubled) == (0, 0)
