"""Korean texts; the language this service speaks first."""

from ui.i18n.ko import account, chat, errors, settings

TEXTS: dict[str, str] = account.TEXTS | chat.TEXTS | settings.TEXTS | errors.TEXTS
