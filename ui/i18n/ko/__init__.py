"""Korean texts; the language this service speaks first."""

from ui.i18n.ko import (
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
