"""The top of the overview: is it healthy, who is slow and why, who uses most."""

from uuid import UUID

from nicegui import ui

from app.observability.condition import Finding
from app.observability.glance import Glance, Use
from app.observability.waits import Wait
from ui.components.admin_people import People
from ui.components.admin_table import number, table
from ui.components.settings_loaded import Loaded
from ui.components.settings_usage import WhileVisible
from ui.components.settings_visit import Visit
from ui.elements import text

REFRESH_SECONDS = 5


class AtAGlance:
    """Drawn anew only where it says something else, so that nobody is told the same twice."""

    def __init__(self, visit: Visit) -> None:
        self._visit, self._people = visit, People(visit)
        self._loaded = Loaded(visit, self._read, self._draw, self._update)
        self.refresh = self._loaded.refresh
        WhileVisible(REFRESH_SECONDS).on("tick", self._loaded.tick)

    async def _read(self) -> Glance:
        glance = await self._visit.services.glances.glance(self._visit.user)
        slowest, greatest = (wait.user_id for wait in glance.slowest), (use.user_id for use in glance.greatest)
        named = (UUID(str(one.values["user"])) for one in glance.condition.findings if "user" in one.values)
        await self._people.learn([*slowest, *greatest, *named])
        return glance

    def _draw(self, glance: Glance) -> None:
        self._told: dict[str, object] = {}
        self._condition = ui.element("div").classes("condition").props("role=status")
        with ui.element("div").classes("glance"):
            self._slowest, self._greatest = ui.element("div"), ui.element("div")
        self._update(glance)

    def _update(self, glance: Glance) -> None:
        t, found = self._visit.t, [self._finding(finding) for finding in glance.condition.findings]
        if self._is_new("condition", (glance.condition.level, found, about := self._about(glance))):
            self._condition.props["data-level"] = glance.condition.level
            self._condition.clear()
            with self._condition:
                self._say(t(f"condition_{glance.condition.level}"), found, about)
        if self._is_new("slowest", waits := [self._wait(wait) for wait in glance.slowest]):
            columns = [t("column_at"), t("column_user"), t("column_why"), t("column_first")]
            self._table(self._slowest, t("slowest"), columns, waits, 1)
        if self._is_new("greatest", uses := [self._use(use) for use in glance.greatest]):
            columns = [t("column_user"), t("column_now"), t("column_requests"), t("tokens"), t("column_share")]
            self._table(self._greatest, t("greatest"), columns, uses, 3)

    def _is_new(self, part: str, value: object) -> bool:
        new = self._told.get(part) != value
        self._told[part] = value
        return new

    def _say(self, level: str, found: list[str], about: list[str]) -> None:
        with ui.element("p").classes("condition-line"):
            ui.element("span").classes("engine-dot").props("aria-hidden=true")
            text(level, tag="strong")
            for line in about:
                text(line)
        if found:
            with ui.element("ul"):
                for line in found:
                    text(line, tag="li")

    def _table(self, place: ui.element, name: str, columns: list[str], rows: list[list[str]], numbers: int) -> None:
        place.clear()
        with place:
            text(name, tag="h3")
            if rows:
                table(name, columns, rows, numbers=numbers)
            else:
                text(self._visit.t("usage_none"), "empty-note", "p")

    def _about(self, glance: Glance) -> list[str]:
        t, visit = self._visit.t, self._visit
        wait = t("first_none") if glance.ttft_p95 is None else t("first_p95", seconds=_seconds(glance.ttft_p95))
        if glance.next_backup is None:
            return [wait, t("backup_never")]
        made = visit.moment(glance.last_backup) if glance.last_backup else "–"
        return [wait, t("backup_last", last=made, next=visit.moment(glance.next_backup))]

    def _finding(self, finding: Finding) -> str:
        t, values = self._visit.t, dict(finding.values)
        for name, prefix in (("stage", "stage"), ("cause", "why")):
            if name in values:
                values[name] = t(f"{prefix}_{values[name]}")
        if "user" in values:
            values["user"] = self._people.name(UUID(str(values["user"])))
        return t(f"finding_{finding.what}", **values).strip()

    def _wait(self, wait: Wait) -> list[str]:
        at = wait.at.astimezone(self._visit.zone)
        why = self._visit.t(f"cause_{wait.cause}", seconds=_seconds(wait.cause_ms), tokens=number(wait.tokens))
        return [f"{at:%H:%M:%S}", self._people.name(wait.user_id), why, f"{_seconds(wait.ttft_ms)} s"]

    def _use(self, use: Use) -> list[str]:
        t = self._visit.t
        running = t("user_running", count=use.running) if use.running else ""
        waiting = t("user_waiting", count=use.waiting) if use.waiting else ""
        now = " · ".join(filter(None, (running, waiting))) or "–"
        return [self._people.name(use.user_id), now, number(use.requests), number(use.tokens), f"{use.share:.0%}"]


def _seconds(milliseconds: float) -> str:
    return f"{milliseconds / 1000:.1f}"
