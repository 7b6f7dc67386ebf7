"""A closed loop: so many requests in flight, and the next is sent when one is answered."""

import time  # noqa: TID251 - a benchmark measures the machine
from collections.abc import Iterable
from typing import Protocol

import attrs


class Wire(Protocol):
    """One connection that carries requests and answers."""

    def request(self, number: int) -> bytes:
        """Return the bytes of request ``number``."""
        ...

    def exchange(self, data: bytes) -> Iterable[int]:
        """Send ``data``, wait for something, return the numbers of the requests answered.

        Raises:
            RuntimeError: a request was refused.
        """
        ...


@attrs.frozen
class Result:
    """What a loop has measured.

    Attributes:
        per_second: answers.
        p50_ms: the median latency.
        p99_ms: what one in a hundred exceeds.
    """

    per_second: float
    p50_ms: float
    p99_ms: float


def closed_loop(wire: Wire, *, in_flight: int, seconds: float, warm_up: float = 0.5) -> Result:
    """Keep ``in_flight`` requests under way; measure after ``warm_up`` seconds."""
    began = time.perf_counter()
    measure_from, end = began + warm_up, began + warm_up + seconds
    sent: dict[int, float] = {}
    latencies: list[float] = []
    number = 0
    data = bytearray()
    now = began
    while now < end or sent:
        while len(sent) < in_flight and now < end:
            number += 1
            data += wire.request(number)
            sent[number] = now
        answered = list(wire.exchange(bytes(data)))
        data.clear()
        now = time.perf_counter()
        for each in answered:
            at = sent.pop(each)
            if measure_from <= now < end:
                latencies.append(now - at)
    latencies.sort()
    count = len(latencies)
    if not count:
        raise RuntimeError(f"nothing was answered within {seconds} s: is the cluster healthy?")
    return Result(
        count / seconds,
        1000 * latencies[count // 2],
        1000 * latencies[min(count - 1, count * 99 // 100)],
    )
