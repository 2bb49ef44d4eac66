"""Dockerfiles and compose files, followed by hand: every path, package, setting, stage and service that they name."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from app.config import PREFIX, Settings, _names
from requirements.platforms import BUILDS
from tests.rig import packages
from tests.rig.server import ROOT

DOCKER = ROOT / "docker"
DOCKERFILES = [DOCKER / "Dockerfile", DOCKER / "Dockerfile.test"]
COMPOSES = {path.name: YAML(typ="safe").load(path) for path in sorted(DOCKER.glob("*compose*.yml"))}
ALLOWED = "FROM ARG WORKDIR COPY RUN USER ENV VOLUME EXPOSE STOPSIGNAL HEALTHCHECK ENTRYPOINT CMD".split()
KNOWN = set(_names(Settings, PREFIX))


def instructions(path: Path) -> list[tuple[str, str]]:
    """Each with its continued lines joined."""
    lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return [(name, rest) for name, _, rest in (line.partition(" ") for line in joined.splitlines() if line)]


def test_there_are_some() -> None:
    assert set(DOCKER.glob("Dockerfile*")) - set(DOCKER.glob("*.dockerignore")) == set(DOCKERFILES)
    assert len(COMPOSES) == 5


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: path.name)
def test_a_dockerfile(path: Path) -> None:
    steps = instructions(path)
    assert [name for name, _ in steps if name not in ALLOWED] == []
    stages = {rest.split(" AS ")[1] for name, rest in steps if name == "FROM" and " AS " in rest}
    for name, rest in steps:
        if name == "FROM":  # pinned to a minor version
            assert re.fullmatch(r"[a-z]+:\d+\.\d+-\w+-\w+", rest.split(" ")[0]), rest
        if name == "COPY":
            stage = re.match(r"--from=(\w+) ", rest)
            assert stage is None or stage[1] in stages
            sources = [] if stage else rest.split()[:-1]
            assert [source for source in sources if not (ROOT / source).exists()] == []
        if name == "RUN" and "apt-get" in rest:
            assert "--no-install-recommends" in rest
            assert rest.count("rm -rf /var/lib/apt/lists/*") == 1  # in the same layer
        if name in ("ENTRYPOINT", "CMD", "VOLUME"):
            assert rest.startswith("["), "the exec form alone passes signals on"
        for module in re.findall(r"python -m (requirements[\w.]+)", rest):
            assert (ROOT / f"{module.replace('.', '/')}.py").exists()
    # What takes minutes comes before what changes with each commit.
    order = [f"{name} {rest}" for name, rest in steps]
    install = next(i for i, step in enumerate(order) if "requirements.install" in step)
    assert [step for step in order[:install] if step.startswith("COPY")] == ["COPY requirements/ requirements/"]


def test_the_image_backs_up_the_database_that_compose_starts() -> None:
    """pg_dump must be as new as the server."""
    steps = instructions(DOCKER / "Dockerfile")
    release = next(rest for name, rest in reversed(steps) if name == "FROM").rpartition("-")[2]
    client = {"bookworm": 15, "trixie": 17}[release]
    assert any("postgresql-client" in rest for name, rest in steps if name == "RUN")
    servers = [COMPOSES[name]["services"]["postgres"]["image"] for name in ("compose.yml", "compose.dev.yml")]
    servers += re.findall(r"image: (postgres:\S+)", (DOCKER / "k8s/storage/postgres.yaml").read_text())
    assert [int(image.partition(":")[2].partition("-")[0]) for image in servers] == [client] * 3


def test_settings_in_the_image_exist() -> None:
    env = " ".join(rest for name, rest in instructions(DOCKER / "Dockerfile") if name == "ENV")
    names = {pair.partition("=")[0] for pair in shlex.split(env)}
    assert {name for name in names if name.startswith(PREFIX)} <= KNOWN
    assert {"HF_HOME", "CHAT_DATA_DIR"} <= names


def test_folders_that_volumes_take_belong_to_the_user_of_the_image() -> None:
    """Docker gives a new volume the owner of the folder that it covers; where there is none, root's."""
    image = (DOCKER / "Dockerfile").read_text()
    made = set(re.search(r"install -d -o chat -g chat -m 0700 (.+)", image)[1].split()) | {"/data"}  # type: ignore[index]
    for name in ("compose.yml", "compose.dev.yml"):
        volumes = COMPOSES[name]["services"]["app"]["volumes"]
        targets = {volume.split(":")[1] for volume in volumes if not volume.startswith(".")}
        assert targets <= made
        assert {"/data", "/models"} <= targets


@pytest.mark.parametrize("name", COMPOSES)
def test_a_compose_file(name: str) -> None:
    compose: dict[str, Any] = COMPOSES[name]
    for service in compose["services"].values():
        build = service.get("build")
        if build is not None:
            context = DOCKER / build["context"]
            assert (context / build["dockerfile"]).exists()
            for value in build.get("args", {}).values():
                assert value == "${BUILD:-cpu}"
                assert "cpu" in BUILDS
        for wanted in service.get("depends_on", []):
            assert wanted in compose["services"]
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert (DOCKER / source).exists() if source.startswith(".") else source in compose["volumes"], source
        environment = service.get("environment", {})
        assert {key for key in environment if key.startswith(PREFIX)} <= KNOWN
        # Only nginx is open to everybody; what is for work is open to this machine.
        for port in service.get("ports", []):
            assert "nginx" in service["image"] or port.startswith("127.0.0.1:")


def test_what_production_mounts_is_open_in_no_other_way() -> None:
    for service in COMPOSES["compose.yml"]["services"].values():
        assert service["logging"]["options"].keys() == {"max-size", "max-file"}
        assert not {"privileged", "network_mode", "pid"} & service.keys()
        assert not any("docker.sock" in volume for volume in service.get("volumes", []))


def test_the_suite_in_a_container_has_its_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    """All that `tests.rig.packages` would install, where nothing is there."""
    monkeypatch.setattr("shutil.which", lambda *_a, **_k: None)
    monkeypatch.setattr(packages, "find_nginx", lambda: None)
    monkeypatch.setattr(packages, "find_chromium", lambda: None)
    monkeypatch.setattr(packages, "bin_directory", lambda: None)
    installed = next(rest for name, rest in instructions(DOCKER / "Dockerfile.test") if name == "RUN")
    assert set(packages.missing()) - {"redis-server"} <= set(installed.split())
    assert "redis-server" in installed.split()
    [command] = [rest for name, rest in instructions(DOCKER / "Dockerfile.test") if name == "CMD"]
    assert command == '[".ci/run"]'
    assert (ROOT / ".ci/run").exists()


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: path.name)
def test_nothing_secret_goes_into_an_image(path: Path) -> None:
    ignored = path.with_name(f"{path.name}.dockerignore").read_text().splitlines()
    assert "*" in ignored or {".env", "docker/tls/*.pem", "docker/k8s/secrets.env", "data"} <= set(ignored)


def test_commands_that_the_readme_names_exist() -> None:
    """Make targets, compose files and scripts."""
    text = "".join((ROOT / name).read_text() for name in ("docker/README.md", "nginx/README.md", "docker/env.example"))
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"`make ([a-z-]+)", text)) <= targets
    assert [name for name in re.findall(r"docker/[\w./-]+\.(?:yml|example)", text) if not (ROOT / name).exists()] == []
    assert set(re.findall(r"CHAT_[A-Z_]+", text)) <= KNOWN
