"""A release, step by step. Until the new version has proved itself the old one runs on and can take everything back."""

from docker.release import state as states
from docker.release.errors import ReleaseError
from docker.release.site import Site
from docker.release.state import State, Underway
from docker.release.watching import drain, wait_ready, watch


class Releases:
    """The commands. Each raises ReleaseError with the reason; what served before it serves then."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def status(self) -> State:
        """What serves, and what is under way."""
        return states.read(self._site.folder)

    def deploy(self, version: str, *, watch: float = 10.0) -> None:
        """Blue-green: start `version` in the free slot, shift all to it, watch it for so long, drain the old."""
        self._begin(version, None, watch)

    def canary(self, version: str, *, weight: int = 10, watch: float = 60.0) -> None:
        """Give it `weight` percent of the requests for `watch` seconds, then all or, when it fails, none."""
        if not 1 <= weight <= 99:
            raise ReleaseError("The weight of a canary is a percentage from 1 to 99.")
        self._begin(version, weight, watch)

    def rollback(self, *, watch: float = 0.0) -> None:
        """Back to the version before, in its slot. The database stays as it is."""
        with states.locked(self._site.folder):
            state = self._idle()
            slot = self._site.other(state.active)
            if state.active is None or slot not in state.versions:
                raise ReleaseError("There is no version before this one to go back to.")
            self._go(state, slot, state.versions[slot], watch=watch)

    def resume(self) -> None:
        """Go on with a release that was interrupted."""
        with states.locked(self._site.folder):
            self._run(self._interrupted())

    def undo(self) -> None:
        """Take a release back that was interrupted."""
        with states.locked(self._site.folder):
            state = self._interrupted()
            assert state.underway is not None
            if state.active != state.underway.slot:
                self._take_back(state)
                return
            slot = self._site.other(state.active)
            if slot not in state.versions:
                raise ReleaseError("The first version has no other to go back to: resume it.")
            self._go(state, slot, state.versions[slot])

    def start(self) -> None:
        """Start what should serve, after the machine was started or the process was lost; nothing when it runs."""
        with states.locked(self._site.folder):
            state = self._idle()
            if state.active is None:
                raise ReleaseError("Nothing was released yet.")
            if not self._site.runner.alive(state.active):
                self._start(state.active, state.versions[state.active])
                self._shift({state.active: 100})

    def _begin(self, version: str, weight: int | None, watch: float) -> None:
        with states.locked(self._site.folder):
            state = self._idle()
            self._go(state, self._site.other(state.active), version, weight, watch, migrate=True)

    def _idle(self) -> State:
        state = states.read(self._site.folder)
        if state.underway is not None:
            raise ReleaseError(
                f"The release of {state.underway.version} was interrupted at the step {state.underway.step}: "
                "`resume` goes on with it, `undo` takes it back."
            )
        return state

    def _interrupted(self) -> State:
        state = states.read(self._site.folder)
        if state.underway is None:
            raise ReleaseError("No release was interrupted.")
        return state

    def _go(
        self,
        state: State,
        slot: str,
        version: str,
        weight: int | None = None,
        watch: float = 0.0,
        migrate: bool = False,
    ) -> None:
        state.underway = Underway(slot, version, weight, watch, migrate, state.versions.get(slot))
        self._run(state)

    def _run(self, state: State) -> None:
        release, old = state.underway, state.active
        assert release is not None
        if old != release.slot:
            try:
                self._bring_up(state, release)
            except (ReleaseError, OSError, KeyboardInterrupt) as error:
                reason = str(error) or "it was interrupted"
                self._site.say(f"Taking {release.version} back: {reason}")
                self._take_back(state)
                raise ReleaseError(f"{release.version} was not released: {reason}") from error
            state.active = release.slot
        self._step(state, release, "drain")
        before = self._site.other(release.slot)
        if self._site.runner.alive(before):
            self._stop(before)
        state.underway = None
        states.write(self._site.folder, state)
        self._site.say(f"Released: {release.version} serves from {release.slot}.")

    def _bring_up(self, state: State, release: Underway) -> None:
        self._step(state, release, "migrate")
        if release.migrate:
            self._site.say(f"Bringing the database to the schema of {release.version}.")
            self._site.runner.migrate(release.slot, release.version)
        state.versions[release.slot] = release.version
        self._step(state, release, "start")
        self._start(release.slot, release.version)
        if release.weight is not None and state.active is not None:
            self._step(state, release, "canary")
            self._shift({state.active: 100 - release.weight, release.slot: release.weight})
            watch(self._site, release.slot, release.watch, at_least=self._site.patience.at_least)
        self._step(state, release, "shift")
        self._shift({release.slot: 100})
        if release.weight is None:
            watch(self._site, release.slot, release.watch)

    def _take_back(self, state: State) -> None:
        """What served before serves again, alone; the new one finishes its answers and ends."""
        release = state.underway
        assert release is not None
        if state.active is not None and release.shifted:
            self._start(state.active, state.versions[state.active])
            self._shift({state.active: 100})
        if self._site.runner.alive(release.slot):
            self._stop(release.slot)
        state.underway = None
        if release.before is None:
            state.versions.pop(release.slot, None)
        else:
            state.versions[release.slot] = release.before
        states.write(self._site.folder, state)
        serving = state.versions[state.active] if state.active else "nothing"
        self._site.say(f"Taken back: {serving} serves{f' from {state.active}' if state.active else ''}.")

    def _step(self, state: State, release: Underway, step: str) -> None:
        release.step = step
        release.shifted |= step in ("canary", "shift")
        states.write(self._site.folder, state)

    def _start(self, slot: str, version: str) -> None:
        if not self._site.runner.alive(slot):
            self._site.say(f"Starting {version} in {slot}.")
            self._site.runner.start(slot, version)
        wait_ready(self._site, slot)

    def _stop(self, slot: str) -> None:
        drain(self._site, slot)
        self._site.say(f"Stopping {slot}.")
        self._site.runner.stop(slot)

    def _shift(self, weights: dict[str, int]) -> None:
        parts = ", ".join(f"{slot} {weight} %" for slot, weight in weights.items())
        self._site.say(f"nginx sends new requests to: {parts}.")
        self._site.proxy.shift({self._site.slots[slot].upstream: weight for slot, weight in weights.items()})
