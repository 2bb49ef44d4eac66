"""The Kubernetes manifests: against the schemas of its API, and against what they name."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
from prometheus_client import REGISTRY
from ruamel.yaml import YAML
from typer.main import get_command

import app.metrics  # noqa: F401 - registers what may be scaled on
from app.cli import cli
from app.config import PREFIX, Settings, _names, load_settings
from app.health import router
from tests.rig.server import ROOT

K8S = ROOT / "docker/k8s"
YAML_ = YAML(typ="safe")
# The oldest version that is still supported, and the newest that the schemas know.
VERSIONS = ["1.33", kubernetes_validate.latest_version()]
Manifest = dict[str, Any]


def kustomization(folder: Path) -> Manifest:
    found: Manifest = YAML_.load(folder / "kustomization.yaml")
    return found


def built(folder: Path) -> Iterator[Manifest]:
    """What `kubectl kustomize` would find, before it renames anything."""
    for name in kustomization(folder)["resources"]:
        path = folder / name
        yield from built(path) if path.is_dir() else YAML_.load_all(path)


MANIFESTS = list(built(K8S))
NAMED = {(one["kind"], one["metadata"]["name"]): one for one in MANIFESTS}
PODS = {one["metadata"]["name"]: one["spec"]["template"] for one in MANIFESTS if "template" in one.get("spec", {})}
CONTAINERS = {name: pod["spec"]["containers"][0] for name, pod in PODS.items()}
CONFIG = dict(pair.split("=", 1) for pair in kustomization(K8S / "web")["configMapGenerator"][0]["literals"])
SECRETS = dict(re.findall(r"^(\w+)=(.*)$", (K8S / "secrets.env.example").read_text(), re.MULTILINE))


def test_every_file_is_used() -> None:
    used = {path for folder in K8S.rglob("kustomization.yaml") for path in resources(folder.parent)}
    assert used == {path for path in K8S.rglob("*.yaml") if path.name != "kustomization.yaml"}


def resources(folder: Path) -> Iterator[Path]:
    yield from (folder / name for name in kustomization(folder)["resources"] if name.endswith(".yaml"))


@pytest.mark.parametrize("version", VERSIONS)
def test_schemas(version: str) -> None:
    for manifest in MANIFESTS:
        kubernetes_validate.validate(manifest, version, strict=True)


def test_a_typing_error_is_found() -> None:
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(NAMED["Deployment", "web"] | {"sepc": {}}, VERSIONS[0], strict=True)


def test_the_web_has_the_size_of_the_original_design() -> None:
    assert NAMED["Deployment", "web"]["spec"]["replicas"] == 3
    assert CONTAINERS["web"]["resources"] == {
        "requests": {"cpu": "500m", "memory": "1Gi"},
        "limits": {"cpu": "2000m", "memory": "4Gi"},
    }
    assert "nvidia.com/gpu" in CONTAINERS["engine"]["resources"]["limits"]


def test_the_web_starts_with_what_it_is_given(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name, value in (CONFIG | SECRETS).items():
        monkeypatch.setenv(name, value or "x" * 32)
    settings = load_settings()
    assert (settings.env, settings.engine.kind) == ("production", "openai")
    service = NAMED["Service", "engine"]
    assert settings.engine.base_url == f"http://engine:{service['spec']['ports'][0]['port']}/v1"
    assert set(CONFIG) <= set(_names(Settings, PREFIX))
    host = NAMED["Ingress", "web"]["spec"]["rules"][0]["host"]
    assert settings.public_url == f"https://{host}"


def test_the_engines_places_are_shared_by_the_web_replicas() -> None:
    places = next(int(arg.split("=")[1]) for arg in CONTAINERS["engine"]["args"] if "max-num-seqs" in arg)
    assert int(CONFIG["CHAT_ENGINE__MAX_NUM_SEQS"]) * NAMED["Deployment", "web"]["spec"]["replicas"] <= places


def test_services_policies_and_budgets_select_pods_that_are_there() -> None:
    labels = {pod["metadata"]["labels"]["app"] for pod in PODS.values()}
    assert labels == {"web", "engine", "migrate", "postgres", "redis"}
    text = "".join(path.read_text() for path in K8S.rglob("*.yaml"))
    assert set(re.findall(r"\bapp: (\w+)", text)) == labels
    for kind, name in NAMED:
        if kind == "Service" and name != "closed":
            port = NAMED[kind, name]["spec"]["ports"][0]["targetPort"]
            assert port in {entry["name"] for entry in CONTAINERS[name]["ports"]}
    for one in MANIFESTS:
        if one["kind"] in ("Deployment", "StatefulSet", "PodDisruptionBudget"):
            assert one["spec"]["selector"]["matchLabels"]["app"] in labels


def test_probes_ask_routes_that_are_there() -> None:
    routes = {getattr(route, "path", None) for route in router.routes}
    for kind in ("startupProbe", "livenessProbe", "readinessProbe"):
        assert CONTAINERS["web"][kind]["httpGet"]["path"] in routes
        assert CONTAINERS["engine"][kind]["httpGet"]["path"] == "/health"
    paths = {entry["path"] for entry in NAMED["Ingress", "web"]["spec"]["rules"][0]["http"]["paths"]}
    assert paths == {"/", "/metrics", "/docs", "/redoc", "/openapi.json"}
    assert "selector" not in NAMED["Service", "closed"]["spec"]


def test_the_engine_is_scaled_by_a_metric_that_is_there() -> None:
    metric = NAMED["HorizontalPodAutoscaler", "engine"]["spec"]["metrics"][0]["external"]["metric"]["name"]
    assert metric in {family.name for family in REGISTRY.collect()}
    for kind, name in NAMED:
        if kind == "HorizontalPodAutoscaler":
            assert ("Deployment", NAMED[kind, name]["spec"]["scaleTargetRef"]["name"]) in NAMED


def test_images_commands_and_secrets_are_known() -> None:
    mapped = {entry["name"] for entry in kustomization(K8S)["images"]}
    for name, container in CONTAINERS.items():
        assert container["image"] in mapped or re.fullmatch(r"\w+:[\d.]+\S*", container["image"]), name
        for entry in container.get("env", []):
            if reference := entry.get("valueFrom", {}).get("secretKeyRef"):
                assert (reference["name"], reference["key"] in SECRETS) == ("vllm-chat", True)
    commands = get_command(cli).commands  # type: ignore[attr-defined]
    assert set(CONTAINERS["migrate"]["args"]) <= set(commands)
    module = CONTAINERS["engine"]["command"][2]
    assert f'"{module}"' in (ROOT / "loadtest/bench/vllm_server.py").read_text()


def test_nobody_is_root() -> None:
    for name, pod in PODS.items():
        assert pod["spec"]["securityContext"]["runAsNonRoot"] is True, name
        assert pod["spec"]["automountServiceAccountToken"] is False
        context = CONTAINERS[name]["securityContext"]
        assert (context["allowPrivilegeEscalation"], context["capabilities"]) == (False, {"drop": ["ALL"]})
    for name in ("web", "migrate", "redis"):
        assert CONTAINERS[name]["securityContext"]["readOnlyRootFilesystem"] is True


def test_secrets_are_not_in_the_repository() -> None:
    assert (K8S / ".gitignore").read_text() == "secrets.env\n"
    assert {name for name, value in SECRETS.items() if not value} == {
        "CHAT_AUTH__SECRET",
        "CHAT_ENGINE__API_KEY",
        "POSTGRES_PASSWORD",
    }
