"""Redis is restarted empty, and hangs for a while."""

import time

from loadtest.faults.kinds.fault import Fault, Recovered
from loadtest.faults.site import Site

FROZEN_SECONDS = 15.0


def restart(site: Site) -> Recovered:
    """Killed and started at once; it has kept nothing."""
    site.redis.stop_at_once()
    site.redis.start()
    return site.ready


def freeze(site: Site) -> Recovered:
    """It keeps its connections, takes new ones, and does not answer."""
    with site.redis.frozen():
        time.sleep(FROZEN_SECONDS)
    return site.ready


FAULTS = (Fault("redis_restart", "F4", restart), Fault("redis_freeze", "F4", freeze))
