"""A server is killed, restarted in good order, and stands still for two seconds."""

import signal
import time

from loadtest.faults.kinds.fault import Fault, Recovered
from loadtest.faults.site import RESTART_SECONDS, Site

STALL_SECONDS = 2.0


def kill(site: Site) -> Recovered:
    """`kill -9`; systemd starts it again after RestartSec."""
    site.replicas[0].kill()
    time.sleep(RESTART_SECONDS)
    site.replicas[0].start()
    return site.ready


def restart(site: Site) -> Recovered:
    """As `systemctl restart`: it drains, keeps what is not done, and starts again."""
    site.replicas[1].stop()
    site.replicas[1].start()
    return site.ready


def stall(site: Site) -> Recovered:
    """Nothing moves in it, as when something holds its event loop."""
    process = site.replicas[0].process.popen
    process.send_signal(signal.SIGSTOP)
    try:
        time.sleep(STALL_SECONDS)
    finally:
        process.send_signal(signal.SIGCONT)
    return site.ready


FAULTS = (
    Fault("replica_kill", "F9", kill),
    Fault("replica_restart", "F11", restart),
    Fault("replica_stall", "F19", stall),
)
