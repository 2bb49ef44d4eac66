"""The engine's processes talk to each other; nobody outside can talk to them."""

import ipaddress

import psutil
import pytest

from tests.rig.server import Server

pytestmark = pytest.mark.vllm


def test_only_our_port_listens_and_nothing_beyond_this_machine(live_server: Server) -> None:
    service = psutil.Process(live_server.process.popen.pid)
    family = [service, *service.children(recursive=True)]
    assert len(family) > 1, "the engine runs in a process of its own"
    listening = [
        connection.laddr
        for process in family
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert int(live_server.url.rpartition(":")[2]) in {address.port for address in listening}
    assert [address for address in listening if not ipaddress.ip_address(address.ip).is_loopback] == []
