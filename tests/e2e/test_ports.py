"""The processes of the service and of its engine: nobody outside can talk to them, and they show no secret."""

import ipaddress

import psutil
import pytest

from tests.rig.fixtures import SECRETS
from tests.rig.server import Server

pytestmark = pytest.mark.vllm


def processes(server: Server) -> list[psutil.Process]:
    service = psutil.Process(server.process.popen.pid)
    family = [service, *service.children(recursive=True)]
    assert len(family) > 1, "the engine runs in a process of its own"
    return family


def test_only_our_port_listens_and_nothing_beyond_this_machine(live_server: Server) -> None:
    listening = [
        connection.laddr
        for process in processes(live_server)
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert int(live_server.url.rpartition(":")[2]) in {address.port for address in listening}
    assert [address for address in listening if not ipaddress.ip_address(address.ip).is_loopback] == []


def test_no_secret_in_a_command_line_or_the_log(live_server: Server) -> None:
    """Anybody on the machine may read command lines."""
    lines = [" ".join(process.cmdline()) for process in processes(live_server)]
    assert all(lines)
    for shown in (*lines, live_server.log()):
        assert not [name for name, secret in SECRETS.items() if secret in shown]


def test_the_model_is_loaded_without_the_hub(live_server: Server) -> None:
    service = processes(live_server)[0]
    assert service.environ()["HF_HUB_OFFLINE"] == "1"
    assert live_server.answers("/readyz")
