"""Light, dark or as the system: kept in a cookie, applied before the first paint."""

from nicegui import ui
from starlette.requests import Request

from ui.i18n import Translator
from ui.static_files import SCRIPTS, STYLES, static_url

COOKIE = "theme"
THEMES = ("system", "light", "dark")
# Of the browser's own bars: `--bg` of tokens.css. theme.js knows them, too.
BARS = {"light": "#ffffff", "dark": "#191918"}


def theme_of(request: Request) -> str:
    """The chosen theme."""
    choice = request.cookies.get(COOKIE, "")
    return choice if choice in THEMES else "system"


def app_links() -> str:
    """What lets a browser install the page as an application: constant text."""
    links = [
        '<link rel="manifest" href="/manifest.webmanifest" crossorigin="use-credentials">',
        f'<link rel="apple-touch-icon" href="{static_url("apple-touch-icon.png")}">',
    ]
    colours = [
        f'<meta name="theme-color" media="(prefers-color-scheme: {theme})" content="{colour}">'
        for theme, colour in BARS.items()
    ]
    return "\n".join([*links, *colours])


def add_shared_head() -> None:
    """Styles and scripts of every NiceGUI page; constant text, no user data."""
    links = [f'<link rel="stylesheet" href="{static_url(name)}">' for name in STYLES]
    scripts = [f'<script src="{static_url("theme.js")}"></script>']
    scripts += [f'<script src="{static_url(name)}" defer></script>' for name in SCRIPTS]
    # With no-referrer browsers send `Origin: null` with forms, which the guard must refuse.
    referrer = '<meta name="referrer" content="same-origin">'
    ui.add_head_html("\n".join([referrer, app_links(), *links, *scripts]), shared=True)
    ui.add_body_html(_SKELETON, shared=True)


# Shown by CSS while the scripts load, so that the page does not start blank.
_SKELETON = """<div class="boot" aria-hidden="true">
<div class="boot-side"><i></i><i></i><i></i></div>
<div class="boot-main"><i></i><i></i><i></i><b></b></div>
</div>"""


def icon(name: str) -> ui.element:
    """A decorative icon; the name is said by whatever it stands in."""
    return ui.element("span").classes(f"icon icon-{name}").props("aria-hidden=true")


def theme_switch(t: Translator, chosen: str = "", *, words: bool = False) -> None:
    """Three buttons of which one is pressed; the browser alone changes and keeps the choice. `chosen` is the one when
    the page is made, where it is seen at once; with `words` each says what it is."""
    group = ui.element("div").classes("segments").props("role=group")
    group.props["aria-label"] = t("theme")
    with group:
        for name in THEMES:
            button = ui.element("button").classes("segment").props(f"type=button data-theme-choice={name}")
            button.props["title"] = button.props["aria-label"] = t(f"theme_{name}")
            button.props["aria-pressed"] = str(name == chosen).lower()
            with button:
                icon(name)
                if words:
                    ui.label(t(f"theme_{name}"))
