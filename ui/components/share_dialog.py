"""The dialog of the link to a conversation: make it, copy it, let it show what there is now, revoke it."""

from uuid import UUID

from nicegui import ui

from app.conversations.schemas import ConversationView
from app.db import now
from app.errors import NotFound
from app.sharing.schemas import ShareCreate, ShareView
from ui.components.notice import Notice
from ui.components.settings_form import Values
from ui.components.settings_once import Secret, copyable
from ui.components.settings_visit import Visit
from ui.elements import ONCE, button, named, text

# Days until a link ends; 0: when it is revoked.
EXPIRIES = (0, 1, 7, 30)
_SUBMIT = "(event) => { event.preventDefault(); emit(Object.fromEntries(new FormData(event.target))); }"


class ShareDialog:
    """`leaf_id` is the last message that the page shows now."""

    def __init__(self, visit: Visit, conversation: ConversationView, leaf_id: UUID | None) -> None:
        self._visit, self._conversation, self._leaf_id = visit, conversation, leaf_id
        t = visit.t
        with visit.client.layout, ui.dialog() as self._dialog, ui.element("div").classes("dialog wide share"):
            text(t("share_title"), tag="h2")
            text(conversation.title or t("untitled"), "dialog-subject", "p")
            text(t("share_text"), tag="p")
            self._notice = Notice(t)
            self._body = ui.element("div").classes("share-body").props("aria-live=polite")
        named(self._dialog, t("share_title"))
        self._safely = visit.safely(self._notice.show)

    async def show(self) -> None:
        """Until it is closed."""
        await self._safely.run(self._look)
        await self._dialog
        if not self._dialog.is_deleted:
            self._dialog.delete()

    async def _look(self) -> None:
        sharing = self._visit.services.sharing
        try:
            view = await sharing.get(self._visit.user, self._conversation.id, self._visit.visitor.base)
        except NotFound as error:
            if error.code != "not_shared":
                raise
            view = None
        self._draw(view)

    def _draw(self, view: ShareView | None) -> None:
        self._notice.clear()
        self._body.clear()
        with self._body:
            if view is None or (view.expires_at is not None and view.expires_at <= now()):
                self._draw_form()
            else:
                self._draw_link(view)

    def _draw_form(self) -> None:
        t = self._visit.t
        with ui.element("form").classes("form") as form:
            with ui.element("label").classes("field"):
                text(t("share_expiry"))
                with ui.element("select").classes("input").props("name=days tabindex=0"):
                    for days in EXPIRIES:
                        words = t("expiry_days", days=days) if days else t("share_never")
                        text(words, tag="option").props["value"] = str(days)
            with ui.element("div").classes("dialog-buttons"):
                button(t("cancel"), self._dialog.close)
                with ui.element("button").classes("button primary").props("type=submit data-autofocus"):
                    text(t("share_create"))
        form.on("submit", lambda event: self._create(dict(event.args)), js_handler=_SUBMIT)

    def _draw_link(self, view: ShareView) -> None:
        visit, t = self._visit, self._visit.t
        copyable(visit, Secret("share-link", t("share_link"), view.url))
        with ui.element("p").classes("key-facts"):
            text(t("share_made", day=visit.moment(view.created_at)))
            ends = view.expires_at
            text(t("share_expires", day=visit.day(ends)) if ends else t("share_no_expiry"))
        with ui.element("div").classes("dialog-buttons"):
            ender = button(t("share_revoke"), None, classes="button danger-quiet")
            ender.on("click", self._revoke, js_handler=ONCE)
            if self._leaf_id is not None and view.leaf_id != self._leaf_id:
                newer = button(t("share_update"), None)
                newer.on("click", lambda: self._update(view), js_handler=ONCE)
            button(t("close"), self._dialog.close, classes="button primary")

    async def _create(self, values: Values) -> None:
        days = int(values["days"]) if values.get("days") in {str(one) for one in EXPIRIES} else 0
        await self._safely.run(lambda: self._share(ShareCreate(leaf_id=self._leaf_id, expires_in_days=days or None)))

    async def _update(self, view: ShareView) -> None:
        days = max(1, (view.expires_at - now()).days + 1) if view.expires_at is not None else None
        await self._safely.run(lambda: self._share(ShareCreate(leaf_id=self._leaf_id, expires_in_days=days)))

    async def _share(self, body: ShareCreate) -> None:
        visit = self._visit
        view, _ = await visit.services.sharing.share(visit.user, self._conversation.id, body, visit.visitor.base)
        self._draw(view)

    async def _revoke(self) -> None:
        async def revoke() -> None:
            await self._visit.services.sharing.revoke(self._visit.user, self._conversation.id)
            self._draw(None)

        await self._safely.run(revoke)
