"""English texts. The accessible names among them are a contract: programs outside click them."""

from ui.i18n.en import account, chat, errors, settings

TEXTS: dict[str, str] = account.TEXTS | chat.TEXTS | settings.TEXTS | errors.TEXTS
