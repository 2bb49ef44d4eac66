"""Questions about folders."""

from collections.abc import Sequence
from typing import Final, Literal

from nicegui import ui
from pydantic import ValidationError

from app.auth.current import CurrentUser
from app.conversations.schemas import MAX_FOLDER_CHARS, FolderCreate, FolderUpdate, FolderView
from app.errors import Invalid
from app.services import Services
from ui.components.dialogs import answer, ask_name, confirm, name_form
from ui.elements import button, named, text
from ui.i18n import Translator

NO_FOLDER: Final = False


async def create_folder(t: Translator, services: Services, user: CurrentUser) -> FolderView | None:
    """Ask for its name and make it. Raises Invalid (`folder_name_invalid`), Conflict."""
    name = await ask_name(t, t("new_folder"), t("folder_name"), "", MAX_FOLDER_CHARS)
    return None if name is None else await _created(services, user, name)


async def rename_folder(t: Translator, services: Services, user: CurrentUser, folder: FolderView) -> FolderView | None:
    """Ask for its new name. Raises Invalid (`folder_name_invalid`), NotFound."""
    name = await ask_name(t, t("rename_folder"), t("folder_name"), folder.name, MAX_FOLDER_CHARS)
    if name is None:
        return None
    try:
        update = FolderUpdate(name=name)
    except ValidationError:
        raise Invalid("name", code="folder_name_invalid", max=MAX_FOLDER_CHARS) from None
    return await services.folders.update(user, folder.id, update)


async def delete_folder(t: Translator, services: Services, user: CurrentUser, folder: FolderView) -> bool:
    """Ask first; True when it is gone. Raises NotFound."""
    if not await confirm(t, t("delete_folder"), folder.name, t("delete_folder_text"), t("delete")):
        return False
    await services.folders.delete(user, folder.id)
    return True


async def choose_folder(
    t: Translator, services: Services, user: CurrentUser, folders: Sequence[FolderView]
) -> FolderView | Literal[False] | None:
    """One of these, or a new one, or none of them; None when nothing was chosen. Raises Invalid, Conflict."""
    with ui.dialog() as dialog, ui.element("div").classes("dialog"):
        text(t("move_to_folder"), tag="h2")
        with ui.element("div").classes("folder-choice"):
            button(t("no_folder"), lambda: dialog.submit(NO_FOLDER), classes="menu-item", symbol="chat")
            for folder in folders:
                choice = button(folder.name, None, classes="menu-item", symbol="folder")
                choice.on("click", lambda _, one=folder: dialog.submit(one))
        name_form(t, dialog, t("new_folder"), "", MAX_FOLDER_CHARS, action=t("create_and_move"), focus=False)
    named(dialog, t("move_to_folder"))
    chosen: str | FolderView | Literal[False] | None = await answer(dialog)
    return await _created(services, user, chosen) if isinstance(chosen, str) else chosen


async def _created(services: Services, user: CurrentUser, name: str) -> FolderView:
    try:
        body = FolderCreate(name=name)
    except ValidationError:
        raise Invalid("name", code="folder_name_invalid", max=MAX_FOLDER_CHARS) from None
    return await services.folders.create(user, body)
