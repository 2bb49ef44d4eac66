"""The commands for containers, by a stand-in for docker that writes down how it was called, and the site's files."""

import os
import pwd
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from docker.release import Containers, Processes
from docker.release.__main__ import main
from docker.release.configuration import load
from tests.release.stand_ins import Versions
from tests.rig.ports import free_port
from tests.rig.server import ROOT

DOCKER = """#!/bin/sh
for last; do :; done
case "$*" in
  *" up "*) touch {folder}/up-$last ;;
  *" stop "*) rm -f {folder}/up-$last ;;
  *" ps "*) if [ -e {folder}/up-$last ]; then echo 4711; fi; exit 0 ;;
esac
echo "$* ${{BLUE_IMAGE:-}}${{GREEN_IMAGE:-}}" | sed 's/.*release.yml //' >> {folder}/said
"""
FILES = ROOT / "docker/release"


def test_a_release_of_containers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Any) -> None:
    (tmp_path / "docker").write_text(DOCKER.format(folder=tmp_path))
    (tmp_path / "docker").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.chdir(ROOT)
    ports = {"blue": free_port(), "green": free_port()}
    text = (FILES / "containers.toml").read_text()
    for given, own in (
        ("/var/lib/vllm-chat-release", str(tmp_path / "state")),
        ("docker/release/nginx/nginx.conf", str(tmp_path / "nginx.conf")),
        ("drain_seconds = 120", "drain_seconds = 0"),  # the stand-ins are always being asked
        ("127.0.0.1:8001", f"127.0.0.1:{ports['blue']}"),
        ("127.0.0.1:8002", f"127.0.0.1:{ports['green']}"),
    ):
        assert given in text
        text = text.replace(given, own)
    (tmp_path / "site.toml").write_text(text)
    site = ["--site", str(tmp_path / "site.toml")]
    servers = Versions(ports)  # what would run in the containers
    try:
        for slot in ports:
            servers.start(slot, "any")
        assert main([*site, "deploy", "registry/chat:1", "--watch", "0s"]) == 0
        assert main([*site, "canary", "registry/chat:2", "--weight", "20", "--watch", "1s"]) == 0
        assert main([*site, "rollback"]) == 0
    finally:
        for slot in ports:
            servers.stop(slot)
    test = "run --rm --no-deps -T nginx nginx -t -q -c /etc/nginx/release/nginx.conf.next"
    shift = [test, "up --detach --no-deps nginx", "kill --signal HUP nginx"]
    said = [line.strip() for line in (tmp_path / "said").read_text().splitlines()]
    new = [
        "pull app-{0} {1}",
        "run --rm --no-deps -T app-{0} migrate {1}",
        "up --detach --no-deps --no-build app-{0} {1}",
    ]
    first = [line.format("blue", "registry/chat:1") for line in new]
    second = [line.format("green", "registry/chat:2") for line in new]
    third = [new[2].format("blue", "registry/chat:1")]
    expected = [*first, *shift, *second, *shift, *shift, "stop app-blue registry/chat:2"]
    assert said == [*expected, *third, *shift, "stop app-green registry/chat:1"]
    assert "server app-blue:8000 weight=100 max_fails=2" in (tmp_path / "nginx.conf").read_text()
    assert "nginx sends new requests to: blue 80 %, green 20 %." in capfd.readouterr().out


def test_the_example_for_containers_names_what_is_there() -> None:
    compose = YAML(typ="safe").load(ROOT / "docker/compose.release.yml")
    whole = YAML(typ="safe").load(ROOT / "docker/compose.yml")
    site = load(FILES / "containers.toml")
    assert isinstance(site.runner, Containers)
    for slot, service in site.runner.services.items():
        assert site.slots[slot].upstream == f"{service}:8000"
        assert compose["services"][service]["ports"] == [f"{site.slots[slot].probe}:8000"]
        assert compose["services"][service]["image"].startswith(f"${{{slot.upper()}_IMAGE:-")
    for name, service in compose["services"].items():
        if "extends" in service:
            assert service["extends"]["file"] == "compose.yml"
            assert service["extends"]["service"] == ("app" if name.startswith("app-") else name)
    assert (compose["name"], compose["networks"]) == (whole["name"], whole["networks"])
    assert compose["volumes"] == whole["volumes"]
    assert compose["services"]["nginx"]["image"] == whole["services"]["nginx"]["image"]
    assert (
        f"./release/{site.proxy.output.parent.name}:{site.proxy.seen_as}:ro" in compose["services"]["nginx"]["volumes"]
    )
    assert (ROOT / site.proxy.reload[0]).exists()


def test_the_example_for_processes(tmp_path: Path) -> None:
    text = (FILES / "processes.toml").read_text().replace('"vllm-chat"', f'"{pwd.getpwuid(os.getuid()).pw_name}"')
    (tmp_path / "env").write_text("# a comment\nCHAT_ENV='production'\n\nCHAT_QUEUE__MAX_WAITING=3=4\n")
    (tmp_path / "site.toml").write_text(text.replace("/etc/vllm-chat.env", str(tmp_path / "env")))
    site = load(tmp_path / "site.toml")
    assert isinstance(site.runner, Processes)
    assert site.runner.ports == {"blue": 8001, "green": 8002}
    variables = site.runner.variables("green")
    assert (variables["CHAT_ENV"], variables["CHAT_QUEUE__MAX_WAITING"]) == ("production", "3=4")
    assert variables["HOME"] == pwd.getpwuid(os.getuid()).pw_dir
    assert (variables["CHAT_HOST"], variables["CHAT_PORT"]) == ("127.0.0.1", "8002")


TWO = "folder = '/x'\n[slots]\nblue = { upstream = 'a:1' }\ngreen = { upstream = 'b:2' }"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("folder = 1", "site.toml: "),
        ("folder = '/x'", "slots is missing"),
        ("folder =", "Invalid value"),
        (f"{TWO}\n[processes]\n[nginx]\noutput = 'x'\nserver = 'y'", "unexpected keyword argument 'server'"),
        (f"{TWO}\n[processes]\nports = {{}}\nuser_name = 'x'", "unexpected keyword argument 'user_name'"),
        ("folder = '/x'\n[slots.blue]\nupstream = 'a:1'", "there must be two slots, not 1"),
    ],
)
def test_a_wrong_file_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, words: str) -> None:
    (tmp_path / "site.toml").write_text(text)
    assert main(["--site", str(tmp_path / "site.toml"), "status"]) == 1
    assert words in capsys.readouterr().err
    assert main(["--site", str(tmp_path / "nothing.toml"), "status"]) == 1
