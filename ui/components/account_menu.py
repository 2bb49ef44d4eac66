"""At the foot of the sidebar: who is signed in, language, theme, settings, sign out."""

from nicegui import ui

from app.auth.current import CurrentUser
from ui.components.language_switch import language_switch
from ui.components.shortcuts import SHOW_SHORTCUTS
from ui.elements import button, menu, named, text
from ui.i18n import Translator
from ui.theme import icon, theme_switch


def account_menu(t: Translator, user: CurrentUser) -> None:
    """A button with the e-mail address that opens the menu."""
    opener = ui.element("button").classes("account").props("type=button aria-haspopup=true")
    named(opener, f"{t('account')}: {user.email}")
    with opener:
        text(user.email[:1].upper(), "avatar").props("aria-hidden=true")
        text(user.email, "account-email")
        icon("chevron")
        with menu(t("account"), "menu account-menu") as opened:
            opened.props('anchor="top left" self="bottom left" :offset="[0, 8]"')
            text(user.email, "menu-title", "p")
            with ui.element("div").classes("menu-row"):
                text(t("theme"))
                theme_switch(t)
            with ui.element("div").classes("menu-row"):
                text(t("language"))
                language_switch(t)
            with ui.element("div").classes("menu-group"):
                shortcuts = button(
                    t("shortcuts"), opened.close, classes="menu-item shortcuts-opener", symbol="keyboard"
                )
                shortcuts.classes("shortcuts-opener").on("click", js_handler=SHOW_SHORTCUTS)
                with ui.element("a").classes("menu-item").props("href=/settings"):
                    icon("settings")
                    text(t("settings"), "label")
                if user.role == "admin":
                    with ui.element("a").classes("menu-item").props("href=/admin"):
                        icon("chart")
                        text(t("admin"), "label")
            with ui.element("form").props("method=post action=/logout"):
                with ui.element("button").classes("menu-item").props("type=submit"):
                    icon("logout")
                    text(t("sign_out"), "label")
