"""Which build is chosen for which machine."""

import re
from pathlib import Path

import pytest

from requirements import platforms

GLIBC = ("glibc", "2.36")
AVX2 = "flags : fpu sse4_2 avx avx2"


@pytest.mark.parametrize(
    ("system", "machine", "libc", "flags", "words"),
    [
        ("Linux", "x86_64", GLIBC, AVX2, None),
        ("Linux", "x86_64", ("glibc", "2.28"), None, None),
        ("Linux", "aarch64", GLIBC, "Features : fp asimd", None),
        ("Darwin", "arm64", ("", ""), None, "no build for Darwin on arm64"),
        ("Windows", "AMD64", ("", ""), None, "no build for Windows"),
        ("Linux", "riscv64", GLIBC, None, "no build for Linux on riscv64"),
        ("Linux", "x86_64", ("", ""), AVX2, "glibc 2.28"),
        ("Linux", "x86_64", ("glibc", "2.17"), AVX2, "glibc 2.28"),
        ("Linux", "x86_64", GLIBC, "flags : fpu sse4_2 avx", "AVX2"),
    ],
)
def test_where_vllm_has_a_build(
    system: str, machine: str, libc: tuple[str, str], flags: str | None, words: str | None
) -> None:
    reason = platforms.no_build_reason(system, machine, libc, flags)
    assert reason is None if words is None else words in str(reason)


@pytest.mark.parametrize(("gpu", "name"), [(True, "gpu"), (False, "cpu")])
def test_a_gpu_decides_on_linux(monkeypatch: pytest.MonkeyPatch, gpu: bool, name: str) -> None:
    monkeypatch.setattr(platforms, "no_build_reason", lambda *_: None)
    monkeypatch.setattr(platforms, "has_gpu", lambda: gpu)
    build, reason = platforms.choose()
    assert (build.name, build.lock) == (name, f"{name}.lock")
    assert reason.endswith(f"build {name}")


def test_elsewhere_a_remote_engine_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.system", lambda: "Darwin")
    build, reason = platforms.choose()
    assert build.name == "base"
    assert "CHAT_ENGINE__KIND=openai" in reason
    assert "CHAT_ENGINE__BASE_URL" in reason


def test_the_build_can_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.system", lambda: "Darwin")
    assert platforms.choose("gpu")[0].name == "gpu"


def test_the_gpu_lock_has_the_gpu_build_of_torch() -> None:
    lock = (Path(__file__).resolve().parents[2] / "requirements/gpu.lock").read_text()
    assert re.search(r"^torch==[\d.]+ \\$", lock, re.MULTILINE)
    assert "+cpu" not in lock
