"""Work that goes on as long as a page is open."""

from collections.abc import Coroutine
from typing import Any

from nicegui import Client, background_tasks


def while_open(client: Client, name: str, work: Coroutine[Any, Any, None]) -> None:
    """Run `work` in the page's context until the page is deleted."""
    task = background_tasks.create(work, name=name, context=client)

    # Not `task.cancel` itself: to find out what a handler that is not written in Python takes, NiceGUI has `inspect`
    # copy the list of all modules, 0.2 MB that stay until all garbage is collected.
    def end() -> None:
        task.cancel()

    client.on_delete(end)
