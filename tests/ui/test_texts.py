"""Both languages are complete, every error has words, and no word is outside the texts."""

import ast
import importlib
import pkgutil
import re
import string
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

import ui.i18n.en
import ui.i18n.ko
from app.errors import AppError, NotFound, RateLimited, TooLarge
from tests.rig.server import ROOT
from ui.feedback import words_for, words_for_event
from ui.i18n import Translator, preferred
from ui.i18n.en import TEXTS as EN
from ui.i18n.ko import TEXTS as KO
from ui.moments import day_words, moment_words

HANGUL = re.compile(r"[가-힣]")
# Codes that only programs meet: the page cannot cause them.
CODES_OF_PROGRAMS = {"method_not_allowed", "bad_request", "http_error"}


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_languages_have_the_same_texts_with_the_same_figures() -> None:
    assert KO.keys() == EN.keys()
    for key, text in KO.items():
        assert fields(text) == fields(EN[key]), key
        assert text.strip() == text != ""


def test_no_text_is_hidden_by_one_of_the_same_name() -> None:
    for package in (ui.i18n.en, ui.i18n.ko):
        names = [module.name for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}.")]
        keys = [key for name in names for key in importlib.import_module(name).TEXTS]
        assert [key for key, count in Counter(keys).items() if count > 1] == []
        assert len(keys) == len(package.TEXTS)


def test_korean_is_korean() -> None:
    figures_only = {"app_name", "ai", "milliseconds", "percent"}
    assert [key for key, text in KO.items() if not HANGUL.search(text) and key not in figures_only] == []
    assert [key for key, text in EN.items() if HANGUL.search(text)] == []


def test_contract_names() -> None:
    names = {
        "email": "Email", "password": "Password", "sign_in": "Sign in", "create_account": "Create account",
        "message": "Message", "send": "Send", "stop": "Stop", "new_chat": "New chat", "conversation": "Conversation",
        "conversations": "Conversations", "you": "You", "copy": "Copy", "details": "Details",
        "edit": "Edit", "edit_message": "Edit message", "regenerate": "Regenerate", "continue": "Continue",
        "version_previous": "Previous version", "version_next": "Next version",
    }  # fmt: skip
    assert {key: EN[key] for key in names} == names
    assert KO["suggestion_1"] == "이 서비스는 무엇인가요?"


def codes_in_app() -> set[str]:
    errors: list[type[AppError]] = [AppError, *AppError.__subclasses__()]
    found = {error.code for error in errors}
    for path in [*(ROOT / "app").rglob("*.py"), *(ROOT / "ui").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.keyword) and node.arg == "code" and isinstance(node.value, ast.Constant):
                found.add(str(node.value.value))
    return found - CODES_OF_PROGRAMS


@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_code_has_words(language: str) -> None:
    t = Translator(language)  # type: ignore[arg-type]
    for code in codes_in_app():
        assert f"error_{code}" in t, code
        assert "{" not in words_for(t, AppError("internals", code=code)), code


def test_figures_and_waiting_time() -> None:
    t = Translator("en")
    error = TooLarge("x", code="context_length_exceeded", tokens=9000, limit=8176, window=8192)
    assert "9,000 tokens, and 8,176" in words_for(t, error)
    assert words_for(t, RateLimited("x", retry_after=7)).endswith("You can try again in 7 s.")
    assert words_for(t, NotFound("x", code="never_heard_of")) == EN["error_not_found"]
    assert words_for_event(t, {"code": "never_heard_of", "message": "x"}) == EN["error_internal_error"]


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "ko"),
        ("ko-KR,ko;q=0.9,en;q=0.8", "ko"),
        ("en-US,en;q=0.9", "en"),
        ("fr-FR,ko;q=0.5,en;q=0.4", "ko"),
        ("fr", "en"),
        ("en;q=0.1, ko;q=nonsense", "en"),
    ],
)
def test_preferred_language(header: str, language: str) -> None:
    assert preferred(header) == language


def test_days_and_times_in_both_languages() -> None:
    at = datetime(2026, 11, 5, 9, 7, tzinfo=UTC)
    assert [day_words(Translator(one), at) for one in ("en", "ko")] == ["Nov 5, 2026", "2026년 11월 5일"]
    assert moment_words(Translator("en"), at) == "Nov 5, 2026 09:07"


def strings_shown(path: Path) -> list[str]:
    """Constants passed to the functions that put text on the page."""
    shown = []
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        position = {"text": 0, "button": 0, "icon_button": 0, "named": 1, "set_text": 1}.get(node.func.id)
        argument = node.args[position] if position is not None else None
        if isinstance(argument, ast.Constant):
            shown.append(str(argument.value))
    return [value for value in shown if value]


def test_no_visible_text_outside_the_texts() -> None:
    for path in (ROOT / "ui").rglob("*.py"):
        if "i18n" in path.parts:
            continue
        assert strings_shown(path) == [], path
        assert not HANGUL.search(path.read_text()), path
    for path in (ROOT / "ui" / "templates").glob("*.html"):
        words = re.sub(r"\{[{%#].*?[%#}]\}|<[^>]*>", "", path.read_text(), flags=re.DOTALL)
        assert not re.search(r"\w", words.replace("·", "")), path


def texts_asked_for(path: Path) -> set[str]:
    """Names of texts that stand in calls of a translator."""
    calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call) and node.args]
    names = {"t", "_t"}
    asked = [
        one.args[0]
        for one in calls
        if getattr(one.func, "id", None) in names or getattr(one.func, "attr", None) in names
    ]
    return {str(argument.value) for argument in asked if isinstance(argument, ast.Constant)}


def test_every_text_that_is_asked_for_is_there() -> None:
    asked = {path: texts_asked_for(path) for path in (ROOT / "ui").rglob("*.py")}
    assert sum(map(len, asked.values())) > 200
    assert {path.name: missing for path, names in asked.items() if (missing := names - EN.keys())} == {}


# What people see or hear of an element apart from its content, with words in it that no expression makes.
SPOKEN = re.compile(r"""(?<![:\w-])(?:aria-label|aria-description|title|placeholder|alt)=(["'])(?!\1)[^"'{]*[^\W\d_]""")
TEMPLATE = re.compile(r"template: `(.*?)`,?\n", re.DOTALL)
WRITTEN = re.compile(r"""\.(?:textContent|innerText|ariaLabel|title|placeholder)\s*=\s*["'`][^"'`]*[^\W\d_]""")


def words_of_script(source: str) -> list[str]:
    """Words of a script of ours that reach the page without having come from the texts."""
    found = [match[0] for match in WRITTEN.finditer(source)] + HANGUL.findall(source.replace(HANGUL.pattern, ""))
    for template in TEMPLATE.findall(source):
        bare = re.sub(r"\{\{.*?\}\}|<!--.*?-->", "", template, flags=re.DOTALL)
        # A `>` may stand inside a quoted attribute.
        content = re.sub(r"""<(?:[^>"']|"[^"]*"|'[^']*')*>""", " ", bare)
        found += [match[0] for match in SPOKEN.finditer(bare)] + re.findall(r"[^\W\d_]+", content)
    return found


def test_no_visible_text_in_scripts_and_attributes() -> None:
    scripts = [*(ROOT / "ui" / "components").glob("*.js"), *(ROOT / "ui" / "static").glob("*.js")]
    assert len(scripts) > 15
    for path in scripts:
        assert words_of_script(path.read_text()) == [], path
    for path in (ROOT / "ui" / "templates").glob("*.html"):
        source = re.sub(r"\{[{%#].*?[%#}]\}", "", path.read_text(), flags=re.DOTALL)
        assert [match[0] for match in SPOKEN.finditer(source)] == [], path


@pytest.mark.parametrize(
    "source",
    [
        "template: `<p>Hello {{ name }}</p>`,\n",
        'template: `<button aria-label="Close"></button>`,\n',
        'button.textContent = "Copied";',
        "const said = `복사됨`;",
    ],
)
def test_words_in_scripts_would_be_found(source: str) -> None:
    assert words_of_script(source)
