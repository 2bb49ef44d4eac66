"""Waiting for a version: until it is ready, while it proves itself, until its answers have ended."""

import time

from docker.release import probe
from docker.release.errors import ReleaseError
from docker.release.site import Site

LOOK_SECONDS = 0.25
# A version that does not say so many times in a row that it is ready has failed.
UNREADY = 3
QUIET_SECONDS = 1.0


def wait_ready(site: Site, slot: str) -> None:
    """Raises ReleaseError with its last words when it ends, or is not ready in time."""
    deadline = time.monotonic() + site.patience.ready_seconds
    address = site.slots[slot].probe
    while not probe.ready(address):
        if not site.runner.alive(slot):
            raise ReleaseError(f"{slot} ended before it was ready.\n{site.runner.log(slot)}")
        if time.monotonic() > deadline:
            raise ReleaseError(f"{slot} was not ready in {site.patience.ready_seconds:g} s.\n{site.runner.log(slot)}")
        time.sleep(LOOK_SECONDS)
    site.say(f"{slot} is ready.")


def watch(site: Site, slot: str, seconds: float, at_least: int = 0) -> None:
    """Raises ReleaseError as soon as it fails, or when it has had fewer than `at_least` requests in the end."""
    if not seconds:
        return
    site.say(f"Watching {slot} for {seconds:g} s.")
    first = probe.figures(site.slots[slot].probe)
    deadline, unready, answered, failed = time.monotonic() + seconds, 0, 0.0, 0.0
    while time.monotonic() < deadline:
        time.sleep(LOOK_SECONDS)
        if not site.runner.alive(slot):
            raise ReleaseError(f"{slot} has ended.\n{site.runner.log(slot)}")
        now = probe.figures(site.slots[slot].probe)
        unready = 0 if now is not None and probe.ready(site.slots[slot].probe) else unready + 1
        if unready == UNREADY:
            raise ReleaseError(f"{slot} is not ready any more.\n{site.runner.log(slot)}")
        first = first or now
        if now is None or first is None:
            continue
        answered, failed = now.answered - first.answered, now.failed - first.failed
        # One of a few is no rate yet, unless it is all that there is in the end.
        if answered >= site.patience.at_least:
            _judge(site, slot, answered, failed)
    if answered < at_least:
        raise ReleaseError(f"{slot} has had {answered:g} requests in {seconds:g} s, too few to tell how it is.")
    _judge(site, slot, answered, failed)
    site.say(f"{slot} has answered {answered:g} requests, {failed:g} of them failed.")


def _judge(site: Site, slot: str, answered: float, failed: float) -> None:
    if failed > answered * site.patience.error_rate:
        raise ReleaseError(
            f"{failed:g} of {answered:g} requests failed at {slot}, more than {site.patience.error_rate:.1%}."
        )


def drain(site: Site, slot: str) -> None:
    """Wait until its answers have ended and it is asked nothing, at most drain_seconds: what has not ended goes on at
    the server that runs on. nginx's old workers still hand a request over for a moment after the reload."""
    site.say(f"Waiting for the answers of {slot} to end.")
    began = asked = time.monotonic()
    answered: float | None = None
    while (now := probe.figures(site.slots[slot].probe)) is not None:
        if now.answered != answered:
            answered, asked = now.answered, time.monotonic()
        if not now.busy and time.monotonic() > asked + QUIET_SECONDS:
            return
        if time.monotonic() > began + site.patience.drain_seconds:
            site.say(f"{slot} still has {now.busy:g} answers: they go on at the other server.")
            return
        time.sleep(LOOK_SECONDS)
