"""The two elements with behaviour of their own in the browser."""

from nicegui import ui

from ui.i18n import Translator


class Composer(ui.element, component="composer.js"):
    """The message field with Send and Stop. Emits `send` with the text, and `stop`."""

    def __init__(self, t: Translator, owner: str) -> None:
        super().__init__()
        self._counts = {"accepted": 0, "refused": 0}
        self.props["labels"] = {key: t(key) for key in ("message", "placeholder", "send", "stop")}
        self.props.update(owner=owner, conversation="", running=False, **self._counts)

    def set_conversation(self, conversation_id: str) -> None:
        """Whose draft is shown."""
        self._set("conversation", conversation_id)

    def set_running(self, running: bool) -> None:
        """Show Stop instead of Send."""
        self._set("running", running)

    def accept(self) -> None:
        """The message was taken: the field may be emptied."""
        self._count("accepted")

    def refuse(self) -> None:
        """The message was not taken: the text stays and can be sent again."""
        self._count("refused")

    def _count(self, name: str) -> None:
        self._counts[name] += 1
        self._set(name, self._counts[name])

    def _set(self, name: str, value: object) -> None:
        self.props[name] = value


class Thread(ui.element, component="thread.js"):
    """The scrolling column. Address and window title follow `show`."""

    def __init__(self, t: Translator, path: str) -> None:
        super().__init__()
        self.props["labels"] = {key: t(key) for key in ("newest", "copied")}
        self.props.update(path=path, caption=t("app_name"))

    def show(self, path: str, caption: str) -> None:
        """The address and the title of what is shown now."""
        self.props.update(path=path, caption=caption)

    def follow(self) -> None:
        """Go to the newest message and stay there."""
        self.run_method("follow")
