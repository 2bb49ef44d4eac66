"""The elements with behaviour of their own in the browser."""

import contextlib
from collections.abc import Sequence
from uuid import UUID

from nicegui import ui

from ui.i18n import Translator

CHIP_TEXTS = (
    *("attachments", "expand", "remove", "file_line", "file_lines"),
    *("pasted", "too_many", "too_large", "binary"),
)
COMPOSER_TEXTS = (
    *("message", "placeholder", "send", "stop", "more", "attach", "ctrl_enter", "dismiss", "drop_here"),
    *("queue", "queue_add", "queue_edit", "queue_remove", "queue_go", *CHIP_TEXTS),
)


class Composer(ui.element, component="composer.js"):
    """The message field with Send and Stop; what is built inside it stands before them. Emits `send` with the message
    and its key, and `stop`. The field tells every change of its text by `input` events and takes texts by them, too."""

    def __init__(self, t: Translator, owner: str) -> None:
        super().__init__()
        self.props["labels"] = {key: t(key) for key in COMPOSER_TEXTS}
        self.props.update(
            owner=owner, conversation="", running=False, accepted=["", 0], settled=0, refused=0, expired=False
        )

    def set_conversation(self, conversation_id: str) -> None:
        """Whose draft is shown. Whether an answer runs there is to be told by `set_running`."""
        if self.props["conversation"] != conversation_id:
            self.props.update(conversation=conversation_id, running=None if conversation_id else False)

    def set_running(self, running: bool) -> None:
        """Show Stop instead of Send; what is sent waits."""
        self.props["running"] = running

    def accept(self, key: str) -> None:
        """The message was taken: the field may be emptied."""
        self.props["accepted"] = [key, self.props["accepted"][1] + 1]

    def settle(self) -> None:
        """A message that was taken is shown, and `running` tells of its answer; it may have ended already."""
        self.props["settled"] += 1

    def refuse(self) -> None:
        """The message was not taken: the text stays and can be sent again."""
        self.props["refused"] += 1

    def expire(self) -> None:
        """Sign in first; what was sent is sent when one comes back."""
        self.props["expired"] = True
        self.client.run_javascript("shell.signIn()")


class ModelChoice(ui.element, component="model_choice.js"):
    """The list of models. Emits `choose` with the key of one."""

    def __init__(self, t: Translator) -> None:
        super().__init__()
        self._refused = 0
        self.props.update(label=t("model"), models=[], chosen="", refused=0)

    def show(self, models: Sequence[tuple[str, str]], chosen: str) -> None:
        """Keys with their words, and the key of the chosen one."""
        listed = [{"key": key, "words": words} for key, words in models]
        if self.props["models"] != listed or self.props["chosen"] != chosen:
            self.props.update(models=listed, chosen=chosen)

    def refuse(self) -> None:
        """The choice was not taken: show the one before."""
        self._refused += 1
        self.props["refused"] = self._refused


class Frame(ui.element, component="frame.js"):
    """An `article` whose inside costs nothing while something else on the page changes."""


class Editor(ui.element, component="editor.js"):
    """A question being edited. Emits `save` with the text, and `cancel`."""

    def __init__(self, t: Translator, message: str, source: str) -> None:
        super().__init__()
        self._refused = 0
        self.props["labels"] = {key: t(key) for key in ("edit_message", "save_and_send", "cancel", *CHIP_TEXTS)}
        self.props.update(message=message, source=source, refused=0)

    def refuse(self) -> None:
        """The text was not taken: it stays and can be sent again."""
        self._refused += 1
        self.props["refused"] = self._refused


class Thread(ui.element, component="thread.js"):
    """The scrolling column. Address and window title follow `show`."""

    def __init__(self, t: Translator, path: str) -> None:
        super().__init__()
        self.props["labels"] = {key: t(key) for key in ("newest", "copied", "diagram_alt", "diagram_failed")}
        self.props.update(path=path, caption=t("app_name"))

    def show(self, path: str, caption: str) -> None:
        """The address and the title of what is shown now."""
        self.props.update(path=path, caption=caption)

    def follow(self) -> None:
        """Go to the newest message and stay there."""
        self.run_method("follow")

    async def followed(self) -> None:
        """As `follow`; returns when the browser has done so, with all that was sent to it before."""
        # One that does not answer within a second is not waited for.
        with contextlib.suppress(TimeoutError):
            await self.run_method("follow", timeout=1)

    def release(self) -> None:
        """Stay where the reader is."""
        self.run_method("release")

    def focus(self, message_id: UUID, selectors: Sequence[str], said: str) -> None:
        """Put the keyboard on the first of these parts of a message that was drawn just now, and let it be said."""
        self.run_method("focusOn", str(message_id), selectors, said)
