"""Password rules and hashing. Argon2 takes 50 ms and more: it never runs on the event loop."""

import asyncio
import gzip
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib.resources import files
from typing import TypeVar
from urllib.parse import urlsplit

from fastapi_users.password import PasswordHelper

from app.errors import Invalid, Unavailable

T = TypeVar("T")

MIN_LENGTH = 8
MAX_LENGTH = 256
# More than this many hashes waiting would keep everybody's sign-in longer than people wait.
MAX_WAITING = 64
PRODUCT = "vllm-chat"


@cache
def common_passwords() -> frozenset[str]:
    """In lower case, of MIN_LENGTH characters and more; common_passwords.LICENSE names the source."""
    packed = files("app.auth").joinpath("common_passwords.txt.gz").read_bytes()
    return frozenset(gzip.decompress(packed).decode().split("\n"))


def _bare(text: str) -> str:
    """Letters and digits alone: `Kim.Min-su` and `kimminsu` are equally easy to guess."""
    return "".join(filter(str.isalnum, text.lower()))


def check_password(password: str, email: str, site: str = "") -> None:
    """Raises Invalid (`weak_password`) with the rule that is broken: length; being common; being the address, a part
    of it or the name of the service (`site` is its host), also with figures or signs behind it."""
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise Invalid(
            f"The password must have {MIN_LENGTH} to {MAX_LENGTH} characters.",
            code="weak_password",
            min=MIN_LENGTH,
            max=MAX_LENGTH,
        )
    local, _, domain = email.partition("@")
    names = {_bare(name) for name in (email, local, PRODUCT, *_parts(domain), *_parts(site))} - {""}
    bare = _bare(password)
    if password.lower() in common_passwords() or bare in names or bare.rstrip("0123456789") in names:
        raise Invalid("This password is too easy to guess.", code="weak_password")


def _parts(host: str) -> list[str]:
    return [host, *host.split(".")]


class PasswordHasher:
    """Argon2id by fastapi-users' helper, in two threads with a bounded queue. `public_url` is where people open us."""

    def __init__(self, public_url: str | None = None) -> None:
        self._site = urlsplit(public_url or "").hostname or ""
        self._helper = PasswordHelper()
        self._pool = ThreadPoolExecutor(2, thread_name_prefix="argon2")
        self._waiting = 0
        self._unknown_user = self._helper.hash("nobody has this password")

    async def hash(self, password: str, email: str) -> str:
        """The hash to store for the owner of the address. Raises Invalid (`weak_password`)."""
        check_password(password, email, self._site)
        return await self._run(self._helper.hash, password)

    async def verify(self, password: str, hashed: str | None) -> tuple[bool, str | None]:
        """(right, new hash when the parameters have changed). Takes as long for an unknown user."""
        right, new_hash = await self._run(self._helper.verify_and_update, password, hashed or self._unknown_user)
        return right and hashed is not None, new_hash

    async def _run(self, function: Callable[..., T], *args: str) -> T:
        if self._waiting >= MAX_WAITING:
            raise Unavailable("Too many people are signing in right now. Please try again.", code="busy", retry_after=2)
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, function, *args)
        finally:
            self._waiting -= 1

    def close(self) -> None:
        """End the threads."""
        self._pool.shutdown(wait=False, cancel_futures=True)
