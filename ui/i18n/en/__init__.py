"""English texts. The accessible names among them are a contract: programs outside click them."""

from ui.i18n.en import (
    account,
    admin,
    chat,
    control,
    conversations,
    errors,
    offline,
    operations,
    settings,
    sharing,
    writing,
)

TEXTS: dict[str, str] = (
    account.TEXTS
    | chat.TEXTS
    | conversations.TEXTS
    | writing.TEXTS
    | sharing.TEXTS
    | control.TEXTS
    | settings.TEXTS
    | admin.TEXTS
    | operations.TEXTS
    | offline.TEXTS
    | errors.TEXTS
)
