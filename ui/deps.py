"""Where pages find the services, and who is looking."""

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fastapi import FastAPI
from nicegui import app as nicegui_app
from starlette.requests import Request

from app.auth.cookie import session_cookie_name
from app.auth.current import CurrentUser
from app.errors import Unauthorized
from app.services import Services
from ui.turns import Turns

TIME_ZONE_COOKIE = "tz"


def keep_parent(app: FastAPI) -> None:
    """NiceGUI's pages run on its own application; this is the one it is mounted into."""
    nicegui_app.state.parent = app


def services() -> Services:
    """The services of the running process."""
    found: Services = nicegui_app.state.parent.state.services
    return found


def turns() -> Turns:
    """In which order the pages of the running process are drawn."""
    found: Turns = nicegui_app.state.parent.state.turns
    return found


def user_of(request: Request) -> CurrentUser:
    """The signed-in user. Raises Unauthorized; the guard has redirected anonymous page requests before."""
    user: CurrentUser | None = request.state.user
    if user is None:
        raise Unauthorized("Sign in first.")
    return user


async def check_session(request: Request) -> None:
    """Pages live long: before each action, is the session that opened the page still there? Raises Unauthorized."""
    token = request.cookies.get(session_cookie_name(services().settings), "")
    user = await services().auth.user_by_cookie(token)
    if user is None:
        raise Unauthorized("The session has ended.")
    services().activity.saw(user.id)


def time_zone_of(request: Request) -> ZoneInfo:
    """The browser's time zone, as its cookie tells it."""
    try:
        return ZoneInfo(request.cookies.get(TIME_ZONE_COOKIE, "Asia/Seoul").replace("%2F", "/"))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")
