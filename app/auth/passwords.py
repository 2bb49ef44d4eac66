"""Password rules and hashing. Argon2 takes 50 ms and more: it never runs on the event loop."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from fastapi_users.password import PasswordHelper

from app.errors import Invalid, Unavailable

T = TypeVar("T")

MIN_LENGTH = 8
MAX_LENGTH = 256
# More than this many hashes waiting would keep everybody's sign-in longer than people wait.
MAX_WAITING = 64
COMMON = frozenset(
    """password password1 password123 passw0rd 12345678 123456789 1234567890 11111111 00000000 87654321
    qwertyui qwerty123 qwertyuiop asdfghjk abcd1234 abcdefgh iloveyou sunshine princess football baseball
    superman trustno1 whatever welcome1 letmein1 admin123 administrator vllmchat vllm-chat 1q2w3e4r
    1qaz2wsx zaq12wsx q1w2e3r4 asdf1234 aaaaaaaa 88888888 dragon123 monkey123 changeme secret123""".split()
)


def check_password(password: str, email: str) -> None:
    """Raises Invalid with the rule that is broken: length, commonness, or being the address itself."""
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise Invalid(
            f"The password must have {MIN_LENGTH} to {MAX_LENGTH} characters.",
            code="weak_password",
            min=MIN_LENGTH,
            max=MAX_LENGTH,
        )
    if password.lower() in COMMON or password.lower() in (email, email.partition("@")[0]):
        raise Invalid("This password is too easy to guess.", code="weak_password")


class PasswordHasher:
    """Argon2id by fastapi-users' helper, in two threads with a bounded queue."""

    def __init__(self) -> None:
        self._helper = PasswordHelper()
        self._pool = ThreadPoolExecutor(2, thread_name_prefix="argon2")
        self._waiting = 0
        self._unknown_user = self._helper.hash("nobody has this password")

    async def hash(self, password: str) -> str:
        """The hash to store."""
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
