"""The Docker files name things that exist. They are not built here: no test machine has a Docker engine."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from app.config import load_settings
from tests.rig.postgres import LOGGING

ROOT = Path(__file__).resolve().parents[2]
DOCKER = ROOT / "docker"


def load(path: Path) -> Any:
    return YAML(typ="safe").load(path)


COMPOSE = load(DOCKER / "compose.yml")
SERVICES: dict[str, Any] = COMPOSE["services"]


@pytest.mark.parametrize(
    ("schema", "path"),
    [
        *(("vendor.compose-spec", f"docker/{path.name}") for path in sorted(DOCKER.glob("*compose*.yml"))),
        *(("vendor.github-workflows", f".github/workflows/{name}.yml") for name in ("ci", "deploy")),
        ("vendor.dependabot", ".github/dependabot.yml"),
    ],
)
def test_schemas(schema: str, path: str) -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(ROOT / path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_what_the_image_copies_exists_and_is_not_ignored() -> None:
    dockerfile = (DOCKER / "Dockerfile").read_text()
    sources = [
        source
        for line in re.findall(r"^COPY (?!--from)(.+)$", dockerfile, re.MULTILINE)
        for source in line.split()[:-1]
    ]
    assert sources
    allowed = (DOCKER / "Dockerfile.dockerignore").read_text().splitlines()
    for source in sources:
        assert (ROOT / source).exists(), source
        assert f"!{source}" in allowed
    assert "python -m requirements.install" in dockerfile
    assert (ROOT / "requirements/install.py").exists()
    assert "/healthz" in dockerfile
    assert "USER chat" in dockerfile


def test_the_image_is_small_and_runs_as_nobody_special() -> None:
    """No pip, and a C compiler only for a GPU, where Triton compiles the launcher of each kernel when it first runs."""
    final = re.split(r"^FROM ", (DOCKER / "Dockerfile").read_text(), flags=re.MULTILINE)[-1]
    assert re.findall(r"^USER (\w+)$", final, re.MULTILINE) == ["chat"]
    assert "pip uninstall -y --quiet --root-user-action=ignore pip setuptools wheel" in final
    installed = re.findall(r"apt-get install -y --no-install-recommends (.+?) \\", final)
    assert installed == ["libnuma1 postgresql-client $extra"]
    assert re.findall(r'if \[ "\$BUILD" = (\w+) \]; then extra="(.*?)"; else extra="(.*?)"', final) == [
        ("gpu", "gcc libc6-dev", "")
    ]
    # What only the build needs is not copied: the environment without pip, and our own packages.
    assert re.findall(r"^COPY (?:--from=install )?(\S+)", final, re.MULTILINE) == [
        "/srv/vllm-chat/.venv/", "pyproject.toml", "engine/", "app/", "ui/",
    ]  # fmt: skip
    app = SERVICES["app"]
    assert (app["read_only"], app["cap_drop"], app["tmpfs"]) == (True, ["ALL"], ["/tmp"])
    assert all("no-new-privileges:true" in service["security_opt"] for service in SERVICES.values())


def test_mounted_files_exist() -> None:
    for service in SERVICES.values():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith("."):
                assert (DOCKER / source).exists(), source
            else:
                assert source in COMPOSE["volumes"]
    build = SERVICES["app"]["build"]
    assert (DOCKER / build["context"] / build["dockerfile"]).exists()


def test_the_service_starts_with_what_compose_sets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """In production, on all addresses, behind the proxy of the network that compose makes."""
    for name in [name for name in os.environ if name.startswith("CHAT_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CHAT_AUTH__SECRET", "x" * 32)
    for name, value in SERVICES["app"]["environment"].items():
        monkeypatch.setenv(name, re.sub(r"\$\{.*\}", "chat.example.com", value))
    settings = load_settings()
    assert (settings.env, settings.host) == ("production", "0.0.0.0")
    [edge] = COMPOSE["networks"]["edge"]["ipam"]["config"]
    assert settings.trusted_proxies == [edge["subnet"]]


def test_only_nginx_is_reachable_from_outside() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["nginx"]
    assert COMPOSE["networks"]["inside"]["internal"] is True
    for name in SERVICES.keys() - {"nginx", "app"}:
        assert SERVICES[name]["networks"] == ["inside"]


def test_the_database_logs_no_values() -> None:
    """With the settings that `tests/e2e/test_log_privacy.py` tries."""
    assert SERVICES["postgres"]["command"] == ["postgres", *(f"-c{name}={value}" for name, value in LOGGING.items())]


def test_the_template_gets_all_its_variables() -> None:
    template = (ROOT / "nginx/nginx.conf.template").read_text()
    wanted = set(re.findall(r"\$\{(\w+)\}", template))
    assert wanted <= SERVICES["nginx"]["environment"].keys()
    assert all(name.isupper() for name in wanted)


def test_the_example_names_every_required_secret() -> None:
    required = set(re.findall(r"\$\{(\w+):\?", (DOCKER / "compose.yml").read_text()))
    named = set(re.findall(r"^(\w+)=", (DOCKER / "env.example").read_text(), re.MULTILINE))
    assert required | {"CHAT_AUTH__SECRET"} <= named


def test_monitoring_points_at_services() -> None:
    jobs = load(DOCKER / "prometheus/prometheus.yml")["scrape_configs"]
    targets = [target for job in jobs for config in job["static_configs"] for target in config["targets"]]
    assert "app:8000" in targets
    assert SERVICES["app"]["environment"]["CHAT_PORT"] == "8000"
    [source] = load(DOCKER / "grafana/provisioning/datasources/prometheus.yml")["datasources"]
    assert source["url"] == "http://prometheus:9090"
    assert "prometheus" in SERVICES


def preflight(folder: Path, env: str | None, docker: str | None) -> str:
    """What `make up` says, with a `docker` command that behaves as the given script."""
    env_file = folder / ".env"
    if env is not None:
        env_file.write_text(env)
    if docker is not None:
        (folder / "docker").write_text(f"#!/bin/sh\n{docker}\n")
        (folder / "docker").chmod(0o755)
    for tool in ("bash", "dirname", "grep", "sh", "env"):
        (folder / tool).symlink_to(f"/usr/bin/{tool}")
    done = subprocess.run(
        [DOCKER / "preflight", env_file], env={"PATH": str(folder)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    return line


SECRETS = "SERVER_NAME=x\nPOSTGRES_PASSWORD=x\nGRAFANA_PASSWORD=x\nCHAT_AUTH__SECRET={}\n"


@pytest.mark.parametrize(
    ("env", "docker", "words"),
    [
        (None, None, "docker compose is missing"),
        (None, '[ "$1" = compose ]', "the Docker engine does not answer"),
        (None, "exit 0", ".env is missing"),
        (SECRETS.format(""), "exit 0", "CHAT_AUTH__SECRET is unset"),
        pytest.param(
            SECRETS.format("x"),
            "exit 0",
            "fullchain.pem is missing",
            marks=pytest.mark.skipif((DOCKER / "tls/fullchain.pem").exists(), reason="a certificate is there"),
        ),
    ],
)
def test_make_up_says_what_it_lacks(tmp_path: Path, env: str | None, docker: str | None, words: str) -> None:
    line = preflight(tmp_path, env, docker)
    assert line.startswith("make up: ")
    assert words in line


def test_ci_runs_check_and_test() -> None:
    script = ROOT / ".ci/run"
    assert os.access(script, os.X_OK)
    assert re.findall(r"^make --no-print-directory (\w+)$", script.read_text(), re.MULTILINE) == ["check", "test"]
