"""Sign in, register, sign out: real forms that work without JavaScript and with password managers."""

import re
from typing import Annotated

import structlog
from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from app.auth.cookie import clear_session_cookie, session_cookie_name, set_session_cookie
from app.auth.passwords import MIN_LENGTH
from app.auth.peer import from_loopback, peer_of
from app.errors import AppError
from app.services import Services
from ui.feedback import words_for
from ui.i18n import keep_language, translator_of
from ui.sessions import close_pages
from ui.templating import page

log = structlog.get_logger(__name__)
router = APIRouter(include_in_schema=False)

_LOCAL_PATH = re.compile(r"/(?![/\\])[^\\\x00-\x20]*")

Field = Annotated[str, Form(max_length=1000)]


def local_path(target: str) -> str:
    """Where to go after signing in; never another site."""
    return target if _LOCAL_PATH.fullmatch(target) else "/"


def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


def _go(target: str) -> RedirectResponse:
    return RedirectResponse(target, 303, {"Cache-Control": "no-store"})


def _form(request: Request, template: str, target: str, email: str = "", error: AppError | None = None) -> Response:
    t = translator_of(request)
    return page(
        request,
        template,
        error.status if error else 200,
        next=local_path(target),
        email=email,
        error=words_for(t, error) if error else "",
        registration=_services(request).auth.registration,
        min_length=MIN_LENGTH,
    )


def _open(request: Request, template: str, target: str) -> Response:
    if request.state.user is not None:
        response: Response = _go(local_path(target))
        keep_language(request, response)
        return response
    return _form(request, template, target)


@router.get("/login")
async def login_page(request: Request, next: str = "/") -> Response:
    """The sign-in form."""
    return _open(request, "login.html", next)


@router.get("/register")
async def register_page(request: Request, next: str = "/") -> Response:
    """The registration form."""
    return _open(request, "register.html", next)


@router.post("/login")
async def login(request: Request, email: Field = "", password: Field = "", next: Field = "/") -> Response:
    """Sign in and go where the visitor wanted to go."""
    try:
        return await _sign_in(request, email, password, next)
    except AppError as error:
        log.info("sign-in page refused", code=error.code)
        return _form(request, "login.html", next, email, error)


@router.post("/register")
async def register(request: Request, email: Field = "", password: Field = "", next: Field = "/") -> Response:
    """Make an account, sign in, and begin."""
    try:
        await _services(request).auth.register(email, password, loopback=from_loopback(request))
        return await _sign_in(request, email, password, next)
    except AppError as error:
        log.info("registration page refused", code=error.code)
        return _form(request, "register.html", next, email, error)


async def _sign_in(request: Request, email: str, password: str, target: str) -> Response:
    services = _services(request)
    token = await services.auth.sign_in(email, password, peer_of(request))
    response = _go(local_path(target))
    set_session_cookie(response, token, services.settings)
    return response


@router.post("/logout")
async def logout(request: Request) -> Response:
    """End the session here and in the other tabs of this browser."""
    services = _services(request)
    name = session_cookie_name(services.settings)
    if token := request.cookies.get(name):
        await services.auth.sign_out(token)
        await close_pages(name, token)
    response = _go("/login")
    clear_session_cookie(response, services.settings)
    # Drafts and cached pages are of the one who leaves; language and theme are cookies and stay.
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response
