"""The administration page: how the service is, who uses it, and who may."""

from zoneinfo import ZoneInfo

from app.auth.current import CurrentUser
from app.services import Services
from ui.components.admin_announcements import AnnouncementsSection
from ui.components.admin_audit import AuditSection
from ui.components.admin_charts import Charts
from ui.components.admin_defaults import DefaultsSection
from ui.components.admin_feedback import FeedbackSection
from ui.components.admin_glance import AtAGlance
from ui.components.admin_invitations import InvitationsSection
from ui.components.admin_keys import AllKeysSection
from ui.components.admin_overview import Overview
from ui.components.admin_requests import RequestsSection
from ui.components.admin_settings import SettingsSection
from ui.components.admin_usage import AdminUsageSection
from ui.components.admin_users import UsersSection
from ui.components.sections import Sections
from ui.i18n import Translator

SECTIONS = (
    "overview",
    "usage",
    "requests",
    "feedback",
    "announcements",
    "defaults",
    "users",
    "keys",
    "invitations",
    "audit",
    "settings",
)


class AdminPage:
    """Built once per page load."""

    def __init__(self, t: Translator, user: CurrentUser, services: Services, zone: ZoneInfo) -> None:
        page = Sections(t, user, services, zone, "admin")
        visit, safely = page.visit, page.safely
        with page.page(SECTIONS):
            with page.section("overview"):
                glance = AtAGlance(visit)
                overview = Overview(visit, safely)
                charts = Charts(visit)
            with page.section("usage"):
                usage = AdminUsageSection(visit)
            with page.section("requests"):
                requests = RequestsSection(visit)
            with page.section("feedback"):
                feedback = FeedbackSection(visit)
            with page.section("announcements"):
                announcements = AnnouncementsSection(visit, safely)
            with page.section("defaults"):
                defaults = DefaultsSection(visit, safely)
            with page.section("users"):
                users = UsersSection(visit, safely)
            with page.section("keys"):
                keys = AllKeysSection(visit, safely)
            with page.section("invitations"):
                invitations = InvitationsSection(visit, safely)
            with page.section("audit"):
                audit = AuditSection(visit)
            with page.section("settings"):
                settings = SettingsSection(visit)
        parts = (
            glance,
            overview,
            charts,
            usage,
            requests,
            feedback,
            announcements,
            defaults,
            users,
            keys,
            invitations,
            audit,
            settings,
        )
        page.start([part.refresh for part in parts])
