"""Below the messages: what went wrong, the composer with the prompts and the context meter, and a hint."""

from nicegui import ui

from app.auth.current import CurrentUser
from app.services import Services
from ui.components.context_meter import ContextMeter, Place
from ui.components.notice import Notice
from ui.components.prompt_chooser import PromptChooser
from ui.components.safely import Safely
from ui.components.vue import Composer
from ui.elements import text
from ui.i18n import Translator


class Dock:
    """`place` tells what a message that is written here will be said to."""

    def __init__(self, t: Translator, user: CurrentUser, services: Services, safely: Safely, place: Place) -> None:
        with ui.element("div").classes("dock"):
            self.notice = Notice(t)
            chooser = PromptChooser(t, user, services, safely)
            with Composer(t, str(user.id)) as self.composer:
                self.meter = ContextMeter(t, user, services, place)
                chooser.opener()
            self.hint = text(t("hint"), "hint", "p")
