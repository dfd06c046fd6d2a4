"""What the processes of one edgeauth cost together: processors, memory, open files.

Source:
    The metrics `process_*` of Prometheus' client libraries, which are those of one process.
"""

from collections.abc import Iterator
from typing import Final

from prometheus_client import ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from edgeauth.services.telemetry.sharing import Workers

_PROCESSOR: Final = "process_cpu_seconds"
_SUMS: Final = frozenset({"process_virtual_memory_bytes", "process_resident_memory_bytes"})
_GREATEST: Final = frozenset({"process_open_fds"})
"""What each process has a limit of its own for."""


class ProcessTotals(Collector):
    """Tells what this process and its workers cost.

    Args:
        workers: those there are when somebody asks.
    """

    def __init__(self, workers: Workers) -> None:
        self._workers = workers

    def collect(self) -> Iterator[Metric]:
        """Yields nothing where the system does not tell (that is, anywhere but on Linux)."""
        others = [_values(_of(process)) for process in self._workers.alive]
        for family in _of():
            [sample] = family.samples
            said = [each[family.name] for each in others if family.name in each]
            if family.name == _PROCESSOR:
                total = sample.value + self._workers.processor
                yield CounterMetricFamily(family.name, family.documentation, total)
            elif family.name in _SUMS:
                total = sample.value + sum(said)
                yield GaugeMetricFamily(family.name, family.documentation, total)
            elif family.name in _GREATEST:
                most = max(sample.value, *said) if said else sample.value
                yield GaugeMetricFamily(family.name, family.documentation, most)
            else:
                yield family


def _of(process: int | None = None) -> tuple[Metric, ...]:
    """Returns what a process costs; this one unless it is said which. Nothing if it is gone."""
    number: int | str = "self" if process is None else process
    return tuple(ProcessCollector(pid=lambda: number, registry=None).collect())


def _values(families: tuple[Metric, ...]) -> dict[str, float]:
    return {family.name: sample.value for family in families for sample in family.samples}
