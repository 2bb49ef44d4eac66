"""The steps of a release, whatever happens at each: with stand-ins for versions and nginx."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from docker.release import ReleaseError, Releases
from docker.release.state import locked
from tests.release.stand_ins import World, world


@pytest.fixture
def one(tmp_path: Path) -> Iterator[tuple[World, Releases]]:
    """Version one serves from blue."""
    with world(tmp_path) as instance:
        releases = Releases(instance.site)
        releases.deploy("one", watch=0)
        instance.versions.did.clear()
        instance.said.clear()
        yield instance, releases


def assert_one_serves(world: World, releases: Releases) -> None:
    """As if nothing had been tried."""
    state = releases.status()
    assert (state.active, state.versions, state.underway) == ("blue", {"blue": "one"}, None)
    assert world.serving() == {"blue": 100}
    assert world.versions.running.keys() == {"blue"}


def test_blue_green_and_back(one: tuple[World, Releases]) -> None:
    world, releases = one
    releases.deploy("two", watch=0.3)
    assert world.versions.did == ["migrate green two", "start green two", "stop blue"]
    assert (world.serving(), releases.status().active) == ({"green": 100}, "green")
    releases.rollback()
    assert world.versions.did[3:] == ["start blue one", "stop green"]
    assert (world.serving(), releases.status().active) == ({"blue": 100}, "blue")
    assert world.said[-1] == "Released: one serves from blue."


def test_a_canary_gets_its_share_and_then_all(one: tuple[World, Releases]) -> None:
    world, releases = one
    releases.canary("two", weight=10, watch=1)
    assert "nginx sends new requests to: blue 90 %, green 10 %." in world.said
    assert (world.serving(), releases.status().active) == ({"green": 100}, "green")


@pytest.mark.parametrize(
    ("version", "reason"),
    [
        ("unmigratable", "no"),
        ("dead", "green ended before it was ready.\nthe log of green"),
        ("unready", "green was not ready in 1 s"),
        ("broken", "requests failed at green"),
    ],
)
@pytest.mark.parametrize("command", ["deploy", "canary"])
def test_a_version_that_fails_changes_nothing(
    one: tuple[World, Releases], command: str, version: str, reason: str
) -> None:
    world, releases = one
    with pytest.raises(ReleaseError, match=f"{version} was not released: .*{reason}"):
        getattr(releases, command)(version, watch=5)
    assert_one_serves(world, releases)


def test_a_canary_without_requests_has_shown_nothing(one: tuple[World, Releases]) -> None:
    world, releases = one
    with pytest.raises(ReleaseError, match="too few to tell"):
        releases.canary("quiet", watch=0.3)
    assert_one_serves(world, releases)


def test_nginx_refuses(one: tuple[World, Releases]) -> None:
    world, releases = one
    before = (world.folder / "nginx.conf").read_text()
    (world.folder / "refuse").touch()
    with pytest.raises(ReleaseError, match="nginx: no"):
        releases.deploy("two", watch=0)
    assert (world.folder / "nginx.conf").read_text() == before
    (world.folder / "refuse").unlink()
    with pytest.raises(ReleaseError, match="interrupted at the step shift: `resume` goes on with it"):
        releases.deploy("two")
    releases.undo()
    assert_one_serves(world, releases)


@pytest.mark.parametrize("at", ["migrate green two", "start green two", "stop blue"])
def test_a_killed_release_is_gone_on_with(one: tuple[World, Releases], at: str) -> None:
    world, releases = one
    world.versions.before[at] = SystemExit()  # as if we were gone: nothing is tidied up
    with pytest.raises(SystemExit):
        releases.deploy("two", watch=0)
    assert releases.status().underway is not None
    releases.resume()
    assert (world.serving(), set(world.versions.running)) == ({"green": 100}, {"green"})
    assert releases.status().underway is None


@pytest.mark.parametrize("at", ["migrate green two", "start green two", "stop blue"])
def test_a_killed_release_is_undone(one: tuple[World, Releases], at: str) -> None:
    world, releases = one
    world.versions.before[at] = SystemExit()
    with pytest.raises(SystemExit):
        releases.deploy("two", watch=0)
    releases.undo()
    assert (world.serving(), set(world.versions.running)) == ({"blue": 100}, {"blue"})
    assert (releases.status().active, releases.status().underway) == ("blue", None)


def test_ctrl_c_takes_it_back(one: tuple[World, Releases]) -> None:
    world, releases = one
    world.versions.before["start green two"] = KeyboardInterrupt()
    with pytest.raises(ReleaseError, match="it was interrupted"):
        releases.deploy("two")
    assert_one_serves(world, releases)


def test_one_at_a_time(one: tuple[World, Releases]) -> None:
    world, releases = one
    with locked(world.site.folder), pytest.raises(ReleaseError, match="Another release is at work"):
        releases.deploy("two")
    assert_one_serves(world, releases)


def test_what_cannot_be_done_is_said(one: tuple[World, Releases]) -> None:
    world, releases = one
    for call, reason in (
        (releases.rollback, "no version before"),
        (releases.resume, "No release was interrupted"),
        (releases.undo, "No release was interrupted"),
        (lambda: releases.canary("two", weight=100), "from 1 to 99"),
    ):
        with pytest.raises(ReleaseError, match=reason):
            call()
    assert_one_serves(world, releases)


def test_after_the_machine_was_started(one: tuple[World, Releases]) -> None:
    world, releases = one
    world.versions.stop("blue")
    releases.start()
    assert_one_serves(world, releases)
