"""The settings page of one browser tab: its sections, and where what went wrong is told."""

from zoneinfo import ZoneInfo

from nicegui import ui

from app.auth.current import CurrentUser
from app.services import Services
from ui.components.sections import Sections
from ui.components.settings_account import AccountSection
from ui.components.settings_data import data_section
from ui.components.settings_keys import KeysSection
from ui.components.settings_look import look_section
from ui.components.settings_prompts import PromptsSection
from ui.components.settings_sessions import SessionsSection
from ui.components.settings_shares import SharesSection
from ui.components.settings_totp import TotpSection
from ui.components.settings_usage import UsageSection
from ui.components.settings_visit import SIGN_OUT_FORM
from ui.i18n import Translator

SECTIONS = ("account", "sessions", "totp", "look", "prompts", "keys", "shares", "usage", "data")


class SettingsPage:
    """Built once per page load."""

    def __init__(self, t: Translator, user: CurrentUser, services: Services, zone: ZoneInfo) -> None:
        page = Sections(t, user, services, zone, "settings")
        visit, safely = page.visit, page.safely
        with page.page(SECTIONS):
            with page.section("account"):
                account = AccountSection(visit, safely)
            with page.section("sessions"):
                sessions = SessionsSection(visit, safely)
            with page.section("totp"):
                totp = TotpSection(visit, safely)
            with page.section("look"):
                look_section(visit)
            with page.section("prompts"):
                prompts = PromptsSection(visit, safely)
            with page.section("keys"):
                keys = KeysSection(visit, safely)
            with page.section("shares"):
                shares = SharesSection(visit, safely)
            with page.section("usage"):
                usage = UsageSection(visit)
            with page.section("data"):
                data_section(visit)
        ui.element("form").props(f"id={SIGN_OUT_FORM} method=post action=/logout hidden")
        page.start([part.refresh for part in (account, sessions, totp, prompts, keys, shares, usage)])
