"""Releases on one host without a lost answer: blue-green, canary, rollback. `python -m docker.release --help`.

    releases = Releases(Site(folder, slots, Processes(…), Proxy(…)))
    releases.deploy("/opt/vllm-chat-0.2")

The standard library is enough for it: it runs on the host beside containers, too. docs/operations.md explains it.
"""

from docker.release.containers import Containers
from docker.release.errors import ReleaseError
from docker.release.processes import Processes
from docker.release.proxy import Proxy
from docker.release.releases import Releases
from docker.release.site import Patience, Runner, Site, Slot

__all__ = ["Containers", "Patience", "Processes", "Proxy", "ReleaseError", "Releases", "Runner", "Site", "Slot"]
