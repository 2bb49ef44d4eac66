"""NiceGUI asks anew for the signature of every observer, half of what an element costs; a method's is kept here."""

from collections.abc import Callable
from functools import lru_cache
from types import MethodType
from typing import Any

from nicegui import helpers

_expects_arguments = helpers.expects_arguments


@lru_cache(maxsize=1024)
def _of_method(function: Callable[..., Any]) -> bool:
    return _expects_arguments(MethodType(function, object()))


def expects_arguments(func: Callable[..., Any]) -> bool:
    """As NiceGUI's own, of which it takes the place: whether there are parameters without a default."""
    if isinstance(func, MethodType):
        return _of_method(func.__func__)
    return _expects_arguments(func)


def keep_signatures() -> None:
    """Once per process; a second call changes nothing."""
    helpers.expects_arguments = expects_arguments
