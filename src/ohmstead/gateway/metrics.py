"""What the gateway shows at /metrics: read from the counts when somebody asks, nothing on the hot path."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from prometheus_client import REGISTRY, Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, SummaryMetricFamily
from prometheus_client.registry import Collector

from ohmstead.gateway.hub import Hub
from ohmstead.gateway.node import Node
from ohmstead.pki.server_certificates import ServerCertificates


class GatewayMetrics(Collector):
    """Never labelled by station: there may be 100,000."""

    def __init__(self, node: Node, hub: Hub, certificates: ServerCertificates | None) -> None:
        self._node, self._hub, self._certificates = node, hub, certificates

    def collect(self) -> Iterator[Metric]:
        counts = self._node.counts
        yield GaugeMetricFamily("ohmstead_stations_connected", "Stations with a session here.", len(self._hub.current))
        versions = GaugeMetricFamily("ohmstead_sessions", "Stations with a session here.", labels=["version"])
        for version, number in Counter(session.version.name for session in self._hub.current.values()).items():
            versions.add_metric([version], number)
        yield versions
        yield from self._database()
        if self._certificates is not None:
            yield from _of_certificates(self._certificates)
        calls = CounterMetricFamily(
            "ohmstead_calls", "Calls of stations that were answered.", labels=["action", "result"]
        )
        for (action, result), number in counts.answered.items():
            calls.add_metric([action, result], number)
        yield calls
        refused = CounterMetricFamily("ohmstead_refused_handshakes", "Refused handshakes.", labels=["code"])
        for code, number in counts.refused.items():
            refused.add_metric([code], number)
        yield refused
        yield CounterMetricFamily("ohmstead_unreadable_frames", "Frames outside the protocol.", counts.unreadable)
        yield CounterMetricFamily("ohmstead_dropped_log_rows", "Log rows that did not fit.", self._node.lazy.dropped)

    def _database(self) -> Iterator[Metric]:
        writers = self._node.writers
        yield GaugeMetricFamily(
            "ohmstead_waiting_writes", "Writes that wait for a group commit.", sum(one.waiting for one in writers)
        )
        yield SummaryMetricFamily(
            "ohmstead_commit_seconds",
            "Group commits, and the time they took.",
            count_value=sum(one.commits for one in writers),
            sum_value=sum(one.seconds for one in writers),
        )
        trouble = float(self._node.db.trouble is not None)
        yield GaugeMetricFamily("ohmstead_database_in_trouble", "1 while the database takes no writes.", trouble)


def _of_certificates(ours: ServerCertificates) -> Iterator[Metric]:
    ends = min(one.not_after for one in ours.certificates()) / 1e6
    yield GaugeMetricFamily(
        "ohmstead_server_certificate_ends_seconds", "When the first of our server certificates ends, since 1970.", ends
    )
    yield GaugeMetricFamily(
        "ohmstead_server_certificate_failures", "Tries in a row to renew them that failed.", ours.failures
    )


def publish(node: Node, hub: Hub, certificates: ServerCertificates | None = None) -> None:
    """Show this gateway at /metrics; a gateway that was shown before in this process is gone."""
    for known in [one for one in REGISTRY._collector_to_names if isinstance(one, GatewayMetrics)]:
        REGISTRY.unregister(known)
    REGISTRY.register(GatewayMetrics(node, hub, certificates))
