"""Measures of the service in Prometheus' text format: counts and times of requests, and what waits."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from threading import Lock

_BOUNDS = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """Counts the requests of one server, by method and route; no address, which may name a subject, is kept."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._requests: Counter[tuple[str, str, int]] = Counter()
        self._buckets: defaultdict[tuple[str, str], list[int]] = defaultdict(lambda: [0] * (len(_BOUNDS) + 1))
        self._seconds: defaultdict[tuple[str, str], float] = defaultdict(float)

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request that was answered."""
        with self._lock:
            self._requests[method, route, status] += 1
            self._buckets[method, route][bisect_left(_BOUNDS, seconds)] += 1
            self._seconds[method, route] += seconds

    def text(self, gauges: Mapping[str, tuple[str, float]]) -> str:
        """Return all measures.

        Parameters
        ----------
        gauges
            Further values by name, each with its meaning.
        """
        with self._lock:
            return "\n".join([*self._request_lines(), *_gauge_lines(gauges), ""])

    def _request_lines(self) -> Iterator[str]:
        yield "# HELP bareface_requests_total Requests that were answered."
        yield "# TYPE bareface_requests_total counter"
        for (method, route, status), count in sorted(self._requests.items()):
            yield f'bareface_requests_total{{method="{method}",route="{route}",status="{status}"}} {count}'
        yield "# HELP bareface_request_seconds Seconds from the first byte of a request to the last of its answer."
        yield "# TYPE bareface_request_seconds histogram"
        for (method, route), buckets in sorted(self._buckets.items()):
            labels, total = f'method="{method}",route="{route}"', 0
            for bound, count in zip((*map(str, _BOUNDS), "+Inf"), buckets, strict=True):
                total += count
                yield f'bareface_request_seconds_bucket{{{labels},le="{bound}"}} {total}'
            yield f"bareface_request_seconds_sum{{{labels}}} {self._seconds[method, route]:.6f}"
            yield f"bareface_request_seconds_count{{{labels}}} {total}"


def _gauge_lines(gauges: Mapping[str, tuple[str, float]]) -> Iterator[str]:
    for name, (meaning, value) in gauges.items():
        yield f"# HELP bareface_{name} {meaning}"
        yield f"# TYPE bareface_{name} gauge"
        yield f"bareface_{name} {value:g}"
