"""What is kept of signatures is what NiceGUI would have found."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from ui.signatures import _expects_arguments, expects_arguments


class Methods:
    def none(self) -> None: ...

    def one(self, value: object) -> None: ...

    def default(self, value: object = None) -> None: ...

    def any(self, *values: object, **named: object) -> None: ...

    @classmethod
    def of_class(cls, value: object) -> None: ...


METHODS = Methods()
HANDLERS: list[Callable[..., Any]] = [
    METHODS.none,
    METHODS.one,
    METHODS.default,
    METHODS.any,
    METHODS.of_class,
    lambda: None,
    lambda event: None,
    partial(METHODS.one, 1),
    "text".upper,
]


@pytest.mark.parametrize("handler", HANDLERS)
def test_the_same_answer_twice(handler: Callable[..., Any]) -> None:
    answers = [expects_arguments(handler) for _ in range(2)]
    assert answers == [_expects_arguments(handler)] * 2
