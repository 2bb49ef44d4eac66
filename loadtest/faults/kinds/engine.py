"""EngineCore of one server dies, and hangs."""

import signal

from loadtest.bench.restart import engine_core
from loadtest.faults.kinds.fault import Fault, Recovered
from loadtest.faults.site import Replica, Site


def kill(site: Site) -> Recovered:
    """`kill -9`, as the kernel does when memory runs out."""
    return _hit(site, site.replicas[0], signal.SIGKILL)


def freeze(site: Site) -> Recovered:
    """It lives and computes nothing, until the service notices and kills it."""
    return _hit(site, site.replicas[1], signal.SIGSTOP)


def _hit(site: Site, replica: Replica, number: signal.Signals) -> Recovered:
    core = engine_core(replica.pid)
    core.send_signal(number)

    def replaced() -> bool:
        try:
            return engine_core(replica.pid).pid != core.pid and site.ready()
        except LookupError:
            return False

    return replaced


FAULTS = (Fault("engine_kill", "F1", kill, needs_engine=True), Fault("engine_freeze", "F2", freeze, needs_engine=True))
