"""nginx reads its files again, and is restarted."""

from loadtest.faults.kinds.fault import Fault, Recovered
from loadtest.faults.site import Site


def reload(site: Site) -> Recovered:
    """As `systemctl reload nginx`: new workers take over, the old ones finish what they have."""
    site.proxy.reload()
    return site.ready


def restart(site: Site) -> Recovered:
    """Every connection is cut."""
    site.proxy.restart()
    return site.ready


FAULTS = (Fault("nginx_reload", "F17", reload), Fault("nginx_restart", "F17", restart))
