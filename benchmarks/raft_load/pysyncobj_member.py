"""One member of a PySyncObj cluster; the leader measures itself and prints what it found.

PySyncObj has no clients besides its members, so the load comes from within the leader: that spares
it a connection. Its settings are its defaults: nothing is written to disk.

``python -m benchmarks.raft_load.pysyncobj_member OWN OTHER OTHER IN_FLIGHT... SECONDS``
"""

import json
import sys
import threading  # noqa: TID251 - PySyncObj runs in threads
import time  # noqa: TID251 - a benchmark measures the machine
from typing import Any

from pysyncobj import SyncObj
from pysyncobj.batteries import ReplDict


class Load:
    """Keeps a number of puts in flight; the next is sent when one is answered."""

    def __init__(self, data: Any) -> None:
        self._data = data
        self._number = 0
        self._end = 0.0
        self._measure_from = 0.0
        self._under_way = 0
        self._done = threading.Event()
        self.latencies: list[float] = []
        self.failures = 0

    def run(self, in_flight: int, seconds: float) -> dict[str, float]:
        """Measure; return answers a second, and latencies in milliseconds."""
        self.latencies, self.failures, self._under_way = [], 0, in_flight
        now = time.perf_counter()
        self._measure_from, self._end = now + 0.5, now + 0.5 + seconds
        self._done.clear()
        for _ in range(in_flight):
            self._put()
        self._done.wait(seconds + 30)
        found = sorted(self.latencies) or [float("nan")]
        return {
            "per_second": len(self.latencies) / seconds,
            "p50_ms": 1000 * found[len(found) // 2],
            "p99_ms": 1000 * found[min(len(found) - 1, len(found) * 99 // 100)],
            "failures": self.failures,
        }

    def _put(self) -> None:
        self._number += 1
        began = time.perf_counter()

        def answered(_: object, error: int) -> None:
            now = time.perf_counter()
            if error:
                self.failures += 1
            elif self._measure_from <= now < self._end:
                self.latencies.append(now - began)
            if now < self._end:
                self._put()
                return
            self._under_way -= 1
            if not self._under_way:
                self._done.set()

        key = f"key-{self._number % 1000:04d}"
        self._data.set(key, f"value-{self._number:08d}", callback=answered)


def main() -> None:
    """Take part; measure if this member leads."""
    own, *others = sys.argv[1:4]
    *in_flight, seconds = sys.argv[4:]
    data = ReplDict()
    member = SyncObj(own, others, consumers=[data])
    while not member._isReady():
        time.sleep(0.05)
    time.sleep(1)
    if member._isLeader():
        load = Load(data)
        results = {count: load.run(int(count), float(seconds)) for count in in_flight}
        print(json.dumps(results), flush=True)
    while True:
        time.sleep(1)


if __name__ == "__main__":
    main()
