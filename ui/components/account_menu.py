"""At the foot of the sidebar: who is signed in, language, theme, settings, sign out."""

from nicegui import ui

from app.auth.current import CurrentUser
from ui.components.shortcuts import SHOW_SHORTCUTS
from ui.elements import button, named, text
from ui.i18n import LANGUAGES, Translator
from ui.theme import icon, theme_switch


def account_menu(t: Translator, user: CurrentUser) -> None:
    """A button with the e-mail address that opens the menu."""
    opener = ui.element("button").classes("account").props("type=button aria-haspopup=menu")
    named(opener, f"{t('account')}: {user.email}")
    with opener:
        text(user.email[:1].upper(), "avatar").props("aria-hidden=true")
        text(user.email, "account-email")
        icon("chevron")
        with (
            ui.menu()
            .props('anchor="top left" self="bottom left" :offset="[0, 8]"')
            .classes("menu account-menu") as menu
        ):
            text(user.email, "menu-title", "p")
            with ui.element("div").classes("menu-row"):
                text(t("theme"))
                theme_switch(t)
            with ui.element("div").classes("menu-row"):
                text(t("language"))
                with ui.element("div").classes("segments"):
                    for code, name in LANGUAGES.items():
                        element = text(name, "segment", "a")
                        # Relative: the same page in the other language.
                        element.props.update(href=f"?lang={code}", lang=code)
                        element.props["aria-current"] = str(code == t.language).lower()
            with ui.element("div").classes("menu-group"):
                shortcuts = button(t("shortcuts"), menu.close, classes="menu-item shortcuts-opener", symbol="keyboard")
                shortcuts.on("click", js_handler=SHOW_SHORTCUTS)
                with ui.element("a").classes("menu-item").props("href=/settings"):
                    icon("settings")
                    text(t("settings"), "label")
            with ui.element("form").props("method=post action=/logout"):
                with ui.element("button").classes("menu-item").props("type=submit"):
                    icon("logout")
                    text(t("sign_out"), "label")
