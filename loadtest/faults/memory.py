"""How the memory of the web processes grows, over processes that come and go."""

import threading
import time
from collections import defaultdict
from math import sqrt
from types import TracebackType

import psutil

from loadtest.faults.site import Site

EVERY_SECONDS = 2.0
WARM_SECONDS = 90.0  # what a process fills once: caches, connections, the answers of the last 30 seconds
Points = list[tuple[float, float]]


class Memory:
    """Reads it while the block runs: by process, (seconds of its life, MB)."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="memory")
        self.processes: dict[int, Points] = defaultdict(list)

    def __enter__(self) -> "Memory":
        self._thread.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(EVERY_SECONDS):
            for replica in self._site.replicas:
                try:
                    process = psutil.Process(replica.pid)
                    age, rss = time.time() - process.create_time(), process.memory_info().rss
                except psutil.NoSuchProcess:  # it was killed, that is the fault
                    continue
                self.processes[replica.pid].append((age, rss / 2**20))

    def slope(self) -> tuple[float, float] | None:
        """MB per minute and its standard error; see `common_slope`."""
        return common_slope([[one for one in points if one[0] >= WARM_SECONDS] for points in self.processes.values()])


def common_slope(series: list[Points]) -> tuple[float, float] | None:
    """Least squares with one slope for all series and a level for each: per minute, with its standard error.

    None where there are too few points. `series` are in seconds.
    """
    used = [points for points in series if len(points) > 1]
    across: float = 0.0
    product: float = 0.0
    centred: Points = []
    for points in used:
        x_mean, y_mean = (sum(values) / len(points) for values in zip(*points, strict=True))
        centred += [((x - x_mean) / 60, y - y_mean) for x, y in points]
    across = sum(x * x for x, _ in centred)
    product = sum(x * y for x, y in centred)
    freedom = len(centred) - len(used) - 1
    if freedom < 1 or not across:
        return None
    slope = product / across
    rest = sum((y - slope * x) ** 2 for x, y in centred)
    return slope, sqrt(rest / freedom / across)
