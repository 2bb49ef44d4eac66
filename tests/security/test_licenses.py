"""Every locked package has a known licence that we accept, and a list of materials is made of every lock."""

import re
from importlib.metadata import PackageMetadata, distributions
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.rig.server import ROOT

LOCKS = sorted((ROOT / "requirements").glob("*.lock"))
ROWS = [line.split(None, 1) for line in (ROOT / "requirements/licenses.txt").read_text().splitlines() if line[0] != "#"]
LICENCES = {name: licence.strip() for name, licence in ROWS}
ACCEPTED = """MIT MIT-0 MIT-CMU Apache-2.0 BSD-2-Clause BSD-3-Clause 0BSD ISC PSF-2.0 CNRI-Python BSL-1.0 ZPL-2.1
    Unlicense CC0-1.0 MPL-2.0 LGPL-2.1-only LLVM-exception LicenseRef-BSD-derived LicenseRef-Public-Domain""".split()
# Not free, and only where they cannot be avoided: what a GPU, or Intel's threads, need.
NOT_FREE = {"LicenseRef-NVIDIA": {"gpu.lock"}, "LicenseRef-Intel": {"cpu.lock"}}
# Words by which a licence is known, in the spellings of packages.
FAMILIES = {
    "MIT": "mit", "Apache": "apache", "BSD": "bsd", "ISC": "isc", "PSF|Python Software": "psf", "ZPL|Zope": "zpl",
    "MPL|Mozilla": "mpl", "LGPL|Lesser": "lgpl", r"\bA?GPL|\bGeneral Public": "gpl", "Unlicense": "unlicense",
    "NVIDIA": "nvidia", "Intel": "intel", "Public.Domain": "public domain", "CC0": "cc0",
}  # fmt: skip

# Named by a package for a part that its wheel has not: docutils' mode for Emacs.
GPL_UNUSED = {"docutils": {"gpl"}}


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def locked(lock: Path) -> set[str]:
    return {plain(name) for name in re.findall(r"^([A-Za-z0-9][\w.-]*)(?:\[.*?\])?==", lock.read_text(), re.MULTILINE)}


def parts(expression: str) -> set[str]:
    return set(re.split(r"[\s()]+|\bAND\b|\bOR\b|\bWITH\b", expression)) - {""}


def families(text: str) -> set[str]:
    return {family for words, family in FAMILIES.items() if re.search(words, text)}


def declared(package: PackageMetadata) -> str:
    """What a package says of its own licence."""
    said = {name: package.get_all(name) or [] for name in ("License-Expression", "Classifier", "License")}
    classifiers = [line for line in said["Classifier"] if line.startswith("License")]
    return " ".join(said["License-Expression"] or [*classifiers, *(text[:60] for text in said["License"])])


def test_the_list_names_the_locked_packages_alone() -> None:
    assert set(LICENCES) == set().union(*map(locked, LOCKS))
    assert len(ROWS) == len(LICENCES)


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.stem)
def test_licences_are_accepted(lock: Path) -> None:
    accepted = {*ACCEPTED, *(licence for licence, where in NOT_FREE.items() if lock.name in where)}
    refused = {name: LICENCES[name] for name in locked(lock) if not parts(LICENCES[name]) <= accepted}
    assert refused == {}


def test_the_list_says_what_the_installed_packages_say() -> None:
    """Another version may have another licence."""
    compared, wrong = 0, {}
    for package in distributions():
        said, listed = families(declared(package.metadata)), LICENCES.get(plain(package.name))
        if said and listed:
            compared += 1
            if families(listed) - said or said - families(listed) - GPL_UNUSED.get(package.name, set()):
                wrong[package.name] = (listed, declared(package.metadata))
    assert wrong == {}
    assert compared > 150


def test_the_workflow_makes_a_list_of_materials_of_every_lock() -> None:
    job = YAML(typ="safe").load(ROOT / ".github/workflows/ci.yml")["jobs"]["sbom"]
    assert set(job["strategy"]["matrix"]["lock"]) == {lock.stem for lock in LOCKS}
    steps = " ".join(step.get("run", "") for step in job["steps"])
    assert "cyclonedx-py requirements requirements/${{ matrix.lock }}.lock" in steps
