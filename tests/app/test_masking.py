"""Masking of personal data in log text."""

import re
import time
import uuid
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app import masking
from app.masking import MASK, mask_text, mask_value
from tests.rig.server import ROOT

CORPUS = Path(__file__).with_name("masking_corpus.txt")

JWT = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"
KEY = "vcsk-3q2Zb8kQf0aL1xWm7Tn5Rr9YvC4uEo6JdGhIsPzXwA8"

PRIVATE = [
    "kim@example.com",
    "Kim.Min-su+spam@mail.example.co.kr",
    "김민수@예시.한국",
    "admin@localhost",
    "010-1234-5678",
    "01012345678",
    "010 1234 5678",
    "010.123.4567",
    "011-234-5678",
    "02-123-4567",
    "+82 10-1234-5678",
    "+821012345678",
    "82-10-1234-5678",
    "+1 (212) 555-0123",
    "+49 30 12345678",
    "+33 1 23 45 67 89",
    JWT,
    JWT.rsplit(".", 1)[0] + ".",
    KEY,
    "sk-proj-abcdefghijklmnop1234",
    "hf_abcdefghijklmnopqrstuv",
    "4111 1111 1111 1111",
    "4111-1111-1111-1111",
    "5555555555554444",
    "378282246310005",
    "3782 822463 10005",
    "DE89370400440532013000",
    "DE89 3704 0044 0532 0130 00",
    "GB82-WEST-1234-5698-7654-32",
    "fr1420041010050500013m02606",
    "NO9386011117947",
    "MT84 MALT 0110 0001 2345 MTLC AST0 01S",
    "900101-1234568",
]
AROUND = [
    "{}",
    "user {} failed",
    "({})",
    '"{}"',
    "x={}, y=2",
    "{}: no such user",
    "전화 {}로",
    "<{}>",
    "a\n{}\nb",
    "{}.",
]
SECRETS = [
    ("postgresql://chat:s3cr3t-w0rd@db:5432/chat", "s3cr3t-w0rd"),
    ("redis://:hunter2hunter2@cache/0", "hunter2hunter2"),
    ("https://me:p@ss-word@host/path", "ss-word"),
    (f"Authorization: Bearer {JWT}", JWT[10:40]),
    ("bearer abcdefghijklmnopqrstuvwxyz", "abcdefghij"),
    ("Basic a2ltOmNvcnJlY3QgaG9yc2U=", "a2ltOmNv"),
    ("login password=hunter2hunter2 ok", "hunter2"),
    ('{"password": "hunter2hunter2"}', "hunter2"),
    ("GET /reset?token=abc.def-123&x=1", "abc.def"),
    ("/_nicegui_ws/?client_id=1b2c3d4e-aaaa&EIO=4", "1b2c3d4e"),
    ("api_key: 'abcdef123456'", "abcdef123456"),
]
PLAIN = [
    "3f2504e0-4f89-11d3-9a0c-0305e82c3301",
    "01991234-5678-7010-8234-010123456789",
    "12345678-1234-4234-8234-123456789012",
    "0123456789abcdef0123456789abcdef",
    "2026-11-24T00:08:36.123456+00:00",
    "2026-11-24 00:08:36.123456+09:00",
    "generation 0 took 1763942916000 ms",
    "1763942916123456789 ns, seed 123",
    "prompt_tokens=4096 completion_tokens=128 ttft_ms=183.25",
    "127.0.0.1:8000 10.0.0.12 192.168.100.200",
    "Unexpected token: bearer of news, basic income",
    "version 0.32.0+cpu, torch 2.13.0+cpu",
    "vcsk-Ab12Cd is the prefix",
    "/api/conversations/3f2504e0-4f89-11d3-9a0c-0305e82c3301/messages?limit=1000",
    "https://host.example/path?x=1#a",
    "4111 1111 1111 1112",
    "DE88 3704 0044 0532 0130 00",
    "ba12f04e-4f89-11d3-9a0c-0305e82c3301",
    "991301-1234567",
    "1e+10 + 20 - 30",
    "GPU 0: 81559 MiB, 0.55",
    "@router.post('/chat')",
]


@pytest.mark.parametrize("around", AROUND)
@pytest.mark.parametrize("private", PRIVATE)
def test_private_data_goes(private: str, around: str) -> None:
    masked = mask_text(around.format(private))
    assert MASK in masked
    left = masked.replace(MASK, "")
    assert not any(part in left for part in re.findall(r"[^\W_]{4,}", private)), masked
    assert masked.startswith(around.split("{}")[0])


@pytest.mark.parametrize(("text", "secret"), SECRETS)
def test_secrets_go(text: str, secret: str) -> None:
    assert secret in text
    masked = mask_text(text)
    assert secret not in masked
    assert MASK in masked


@pytest.mark.parametrize("text", PLAIN)
def test_the_rest_stays(text: str) -> None:
    assert mask_text(text) == text


@given(st.uuids(), st.integers(min_value=0, max_value=10**12))
def test_ids_and_counts_stay(value: uuid.UUID, number: int) -> None:
    for text in (str(value), value.hex, f"generation {value} ended", f"{value}/messages", f"{{'tokens': {number}}}"):
        if not re.search(r"(?<![0-9])0?1[016789][0-9]{7,8}(?![0-9])", str(number)):
            assert mask_text(text) == text


PIECES = st.sampled_from(
    [*PRIVATE, *(text for text, _ in SECRETS), *PLAIN, MASK, "*", "@", "-", " ", "+", "0101", ".", "://"]
)
MIXED = st.lists(st.one_of(PIECES, st.text(max_size=8), st.text("0123456789 -+.@eyJ*", max_size=20))).map("".join)


@settings(max_examples=1500, deadline=None)
@given(MIXED)
def test_masking_twice_changes_nothing(text: str) -> None:
    once = mask_text(text)
    assert mask_text(once) == once


@settings(max_examples=500, deadline=None)
@given(st.sampled_from(PRIVATE), st.text(max_size=30), st.text(max_size=30))
def test_nothing_private_among_anything(private: str, before: str, after: str) -> None:
    masked = mask_text(f"{before} {private} {after}")
    assert private not in masked


HOSTILE = [
    "a",
    "@",
    "a@",
    "@a",
    "1",
    "1 ",
    "4111 ",
    "0",
    "01",
    "+1",
    "+1 ",
    "eyJ",
    "eyJa.",
    "sk-",
    "vcsk-",
    "-",
    ".",
    "://",
    "://a:",
    "bearer ",
    "Bearer a",
    "password",
    "password=",
    "password ",
    "'",
    "가",
    "*",
    "***masked***",
    "010-",
    "0-",
    " ",
]


@pytest.mark.parametrize("unit", HOSTILE)
def test_hostile_text_takes_time_in_proportion(unit: str) -> None:
    """Eight times the text takes about eight times as long; with a quadratic pattern it would be sixty-four times."""

    def seconds(size: int) -> float:
        text = (unit * size)[:size]
        best = float("inf")
        for _ in range(3):
            started = time.process_time()
            mask_text(text)
            best = min(best, time.process_time() - started)
        return best

    small, large = seconds(64 * 1024), seconds(8 * 64 * 1024)
    assert large < 24 * max(small, 0.002), (unit, small, large)


def test_fields_inside_fields() -> None:
    value = mask_value({"a": ["kim@example.com", 5, None], "Set-Cookie": "x", "ids": (uuid.UUID(int=5),), "ok": True})
    assert value == {"a": [MASK, 5, None], "Set-Cookie": MASK, "ids": [str(uuid.UUID(int=5))], "ok": True}


def test_rates_on_a_labelled_corpus() -> None:
    """docs/security.md tells these figures."""
    lines = [line for line in CORPUS.read_text().splitlines() if not line.startswith("#")]
    hits = missed = false = 0
    for line in lines:
        private = re.findall("⟦(.+?)⟧", line)
        masked = mask_text(re.sub("[⟦⟧]", "", line))
        gone = sum(not any(part in masked for part in re.findall(r"\w{3,}", one)) for one in private)
        hits, missed = hits + gone, missed + len(private) - gone
        false += max(0, masked.count(MASK) - gone)
    assert (hits, missed, false) == (40, 13, 2)
    text = " ".join((ROOT / "docs" / "security.md").read_text().split())
    recall, precision = hits / (hits + missed), hits / (hits + false)
    assert f"{hits} of {hits + missed} private items ({recall:.0%})" in text
    assert f"{hits} of {hits + false} masks ({precision:.0%})" in text
    assert recall >= 0.75
    assert precision >= 0.95


def test_only_what_holds_nothing_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(masking, "_harmless", remembered := set[str]())
    monkeypatch.setattr(masking, "MANY", 3)
    for text in ("/api/chat", "/api/chat", "kim@example.com", f"by {MASK} alone", "long words " * 9):
        assert mask_text(text) == mask_text(text)
    assert remembered == {"/api/chat", f"by {MASK} alone"}
    for number in range(9):
        mask_text(f"/api/conversations/{number}")
        assert len(remembered) <= 3
