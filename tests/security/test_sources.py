"""Rules that the source itself must keep."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.rig.server import ROOT

OURS = ("app", "engine", "ui", "nginx", "loadtest")
# Calls into NiceGUI that put text into the page as code or markup, and where one is meant.
MARKUP = {
    "add_head_html": {"ui/theme.py"},
    "add_body_html": {"ui/theme.py"},
    # Its arguments go as JSON to a method of our own component.
    "run_method": {
        "ui/components/vue.py",
        "ui/components/prompt_chooser.py",
        "ui/components/conversation_list.py",
        "ui/components/toast.py",
    },
    "run_javascript": set[str](),
    "add_css": set(),
    "add_media_files": set(),
    "add_media_file": set(),
    "restructured_text": set(),
    "markdown": set(),
    "mermaid": set(),
    "interactive_image": set(),
    "html": {"ui/markdown_view.py"},
}
# May open connections of their own: the engine's side, mail, and the checks of `doctor`.
CLIENTS = re.compile(r"^(httpx|aiohttp|requests|urllib\.request|urllib3|http\.client)$")
MAY_CONNECT = {
    "app/doctor.py",
    "engine/remote_engine.py",
    "engine/remote_api.py",
    "engine/remote_connection.py",
    "engine/choose.py",
    "engine/download.py",
}
MAY_CONNECT |= {"engine/remote_address.py"}  # reads addresses as the client does
MAY_CONNECT |= {"engine/tracing.py"}  # writes into the requests of the others

SECRETS = {
    "private key": re.compile(r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----\s+[A-Za-z0-9+/=]{40}"),
    "AWS key": re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"),
    "GitHub token": re.compile(r"\bgh[pousr]_[A-Za-z0-9]{36}\b|\bgithub_pat_[A-Za-z0-9_]{60,}"),
    "hub token": re.compile(r"\bhf_[A-Za-z0-9]{30,}\b"),
    "Slack token": re.compile(r"\bxox[baprs]-[A-Za-z0-9-]{20,}"),
    "Google key": re.compile(r"\bAIza[A-Za-z0-9_-]{35}\b"),
    "OpenAI key": re.compile(r"\bsk-(?:proj-)?[A-Za-z0-9_-]{32,}"),
    "our own API key": re.compile(r"\bvcsk-[A-Za-z0-9_-]{43}"),
    "JWT": re.compile(r"\beyJ[A-Za-z0-9_-]{20,}\.eyJ[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{20,}"),
}
# Keys that tests of masking have made up.
MADE_UP = {
    "tests/app/test_masking.py: our own API key",
    "tests/app/test_masking.py: JWT",
    "tests/app/masking_corpus.txt: our own API key",
}


def sources() -> Iterator[tuple[str, ast.Module]]:
    for folder in OURS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text())


def called(node: ast.Call) -> str:
    function = node.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def is_built(node: ast.expr) -> bool:
    """Text made of parts: an f-string with a value, `%`, `+` of something variable, `.format`."""
    if isinstance(node, ast.JoinedStr):
        return any(isinstance(part, ast.FormattedValue) for part in node.values)
    if isinstance(node, ast.BinOp):
        return not all(isinstance(side, ast.Constant) for side in (node.left, node.right))
    return isinstance(node, ast.Call) and called(node) in ("format", "join", "replace")


def test_no_sql_is_made_of_pieces() -> None:
    """`text()`, `execute` and their like take whole constants; values go in as parameters."""
    seen, faults = 0, []
    for path, tree in sources():
        if path.startswith(("app/migrations/", "ui/", "loadtest/")):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and called(node) in ("text", "exec_driver_sql", "execute", "literal_column"):
                seen += 1
                if node.args and is_built(node.args[0]):
                    faults.append(f"{path}:{node.lineno}: {ast.unparse(node)}")
    assert seen > 20
    # The settings stand in the line above; partitions are named after months, by us.
    meant = ("PRAGMA {pragma}", "app/request_log/partitions.py:")
    assert [fault for fault in faults if not any(part in fault for part in meant)] == []


def test_nicegui_gets_no_code_or_markup_of_users() -> None:
    found = 0
    for path, tree in sources():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and path.startswith("ui/"):
                if node.func.attr in MARKUP and ast.unparse(node.func.value) in ("ui", "self", "app", "nicegui_app"):
                    found += 1
                    assert path in MARKUP[node.func.attr], f"{path}:{node.lineno}: {ast.unparse(node)[:80]}"
                for keyword in node.keywords:
                    unclean = keyword.arg in ("sanitize", "html") and ast.unparse(keyword.value) in ("False", "True")
                    assert not unclean or path == "ui/markdown_view.py", f"{path}:{node.lineno}"
    assert found > 4
    assert re.findall(r"v-html|innerHTML|insertAdjacentHTML|document\.write|eval\(", scripts()) == []


def scripts() -> str:
    files = [*(ROOT / "ui" / "components").glob("*.js"), *(ROOT / "ui" / "static").glob("*.js")]
    return "\n".join(path.read_text() for path in files)


def test_nothing_fetches_an_address_that_a_user_gave() -> None:
    """Programs that can fetch are imported only where the operator's own addresses are asked."""
    for path, tree in sources():
        if path.startswith(("loadtest/", "nginx/")) or path in MAY_CONNECT:
            continue
        for node in ast.walk(tree):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not any(CLIENTS.match(name) for name in names), (path, names)


def tracked() -> list[Path]:
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode == 0:
        return [ROOT / name for name in listed.stdout.split("\0") if name]
    return [path for path in ROOT.rglob("*") if not {".venv", ".git", "data"} & set(path.parts)]


def test_no_secret_is_in_a_file() -> None:
    files = [path for path in tracked() if path.is_file() and path.stat().st_size < 2_000_000]
    assert len(files) > 200
    found = []
    for path in files:
        text = path.read_bytes().decode("utf-8", "ignore")
        found += [f"{path.relative_to(ROOT)}: {kind}" for kind, pattern in SECRETS.items() if pattern.search(text)]
    assert set(found) <= MADE_UP


def test_the_scan_finds_what_it_looks_for() -> None:
    planted = {
        "private key": "-----BEGIN RSA " + "PRIVATE KEY-----\n" + "M" * 64,
        "AWS key": "AKIA" + "IOSFODNN7EXAMPLE",
        "GitHub token": "gh" + "p_" + "a" * 36,
        "hub token": "hf" + "_" + "b" * 34,
        "Slack token": "xo" + "xb-" + "1" * 24,
        "Google key": "AI" + "za" + "c" * 35,
        "OpenAI key": "s" + "k-" + "d" * 48,
        "our own API key": "vc" + "sk-" + "e" * 43,
        "JWT": ".".join(("ey" + "J" + "f" * 24, "ey" + "J" + "g" * 24, "h" * 24)),
    }
    assert {kind for kind, text in planted.items() if SECRETS[kind].search(text)} == set(SECRETS)
