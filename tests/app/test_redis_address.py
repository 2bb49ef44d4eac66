"""What `CHAT_REDIS__URL` may say, and what is said when it makes no sense."""

import pytest

from app.config import SettingsError, load_settings
from app.redis_address import parsed
from app.redis_connection import connect


@pytest.mark.parametrize(
    ("url", "kind", "places", "service", "options"),
    [
        ("redis://h", "one", (), "", {"host": "h"}),
        ("redis://u:p%40@h:1/3?max_connections=9", "one", (), "", {"password": "p@", "db": 3, "max_connections": 9}),
        ("unix:///tmp/redis.sock?db=2", "one", (), "", {"path": "/tmp/redis.sock", "db": 2}),
        (
            "redis+sentinel://:pw@a:1,b/chat/2",
            "sentinel",
            (("a", 1), ("b", 26379)),
            "chat",
            {"password": "pw", "db": 2},
        ),
        ("rediss+sentinel://[::1]:7/chat", "sentinel", (("::1", 7),), "chat", {"ssl": True, "db": 0}),
        ("redis+cluster://u:p@a:1,b", "cluster", (("a", 1), ("b", 6379)), "", {"username": "u", "password": "p"}),
        ("rediss+cluster://a?ssl_ca_certs=/ca.pem", "cluster", (("a", 6379),), "", {"ssl_ca_certs": "/ca.pem"}),
    ],
)
def test_forms(
    url: str, kind: str, places: tuple[tuple[str, int], ...], service: str, options: dict[str, object]
) -> None:
    found = parsed(url)
    assert (found.kind, found.places, found.service) == (kind, places, service)
    assert found.options.items() >= options.items()
    assert connect(url, 1, 1) is not None


def test_the_password_of_the_sentinels_is_theirs() -> None:
    found = parsed("redis+sentinel://:one@a/chat?sentinel_username=u&sentinel_password=two")
    assert found.options["password"] == "one"
    assert found.sentinel_options == {"username": "u", "password": "two"}


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://h", "must be redis://"),
        ("redis+sentinel://canary@a:1", "must be redis://"),
        ("redis+sentinel://a/chat/x", "must be redis://"),
        ("redis+cluster://a,,b", "must be redis://"),
        ("redis+circle://a", "must be redis://"),
        ("unix+cluster://a", "must be redis://"),
        ("redis://:canary@h:99x", "must be redis://"),
        ("redis+cluster://:canary@a:1/1", "a cluster has only database 0"),
        ("redis://:canary@h?depth=1", "unexpected keyword argument 'depth'"),
        ("redis+cluster://a?ssl_ca_certs=/ca.pem", "unexpected keyword argument 'ssl_ca_certs'"),
        ("rediss://a?ssl_cert_reqs=some", "Invalid SSL Certificate Requirements Flag"),
    ],
)
def test_what_makes_no_sense(monkeypatch: pytest.MonkeyPatch, url: str, words: str) -> None:
    monkeypatch.setenv("CHAT_REDIS__URL", url)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert str(caught.value).startswith("CHAT_REDIS__URL: ")
    assert words in str(caught.value)
    assert "canary" not in str(caught.value)
