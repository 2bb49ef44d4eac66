"""PostgreSQL is restarted, stops for a while, and hangs for a while."""

import time

from loadtest.faults.kinds.fault import Fault, Recovered
from loadtest.faults.site import Site

AWAY_SECONDS, FROZEN_SECONDS = 10.0, 15.0


def restart(site: Site) -> Recovered:
    """As `systemctl restart postgresql`."""
    site.postgres.stop()
    site.postgres.start()
    return site.ready


def stop(site: Site) -> Recovered:
    """At once, as when its machine goes; it recovers from its log when it starts."""
    site.postgres.stop_at_once()
    time.sleep(AWAY_SECONDS)
    site.postgres.start()
    return site.ready


def freeze(site: Site) -> Recovered:
    """It keeps its connections, takes new ones, and does not answer."""
    with site.postgres.frozen():
        time.sleep(FROZEN_SECONDS)
    return site.ready


FAULTS = (
    Fault("postgres_restart", "F7", restart),
    Fault("postgres_stop", "F5", stop),
    Fault("postgres_freeze", "F6", freeze),
)
