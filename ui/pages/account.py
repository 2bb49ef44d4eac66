"""Sign in, register, sign out: real forms that work without JavaScript and with password managers."""

import re
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from app.auth.cookie import clear_session_cookie, session_cookie_name, set_session_cookie
from app.auth.dependencies import services_of
from app.auth.letters import visitor_of
from app.auth.passwords import MIN_LENGTH
from app.auth.peer import from_loopback, peer_of
from app.auth.ticket import SecondFactorNeeded
from app.errors import AppError, Forbidden, Unauthorized
from ui.feedback import words_for
from ui.i18n import keep_language, translator_of
from ui.sessions import close_pages
from ui.templating import page

log = structlog.get_logger(__name__)
router = APIRouter(include_in_schema=False)

_LOCAL_PATH = re.compile(r"/(?![/\\])[^\\\x00-\x20]*")

Field = Annotated[str, Form(max_length=1000)]
Ticket = Annotated[str, Form(max_length=4096)]
# What has just happened, for the sign-in page.
DONE = ("reset", "verified")


def local_path(target: str) -> str:
    """Where to go after signing in; never another site."""
    return target if _LOCAL_PATH.fullmatch(target) else "/"


def not_too_fast(request: Request) -> None:
    """Raises what the limit of the visitor's address has found."""
    refused: AppError | None = request.state.refused
    if refused is not None:
        raise refused


def go(target: str) -> RedirectResponse:
    """After a form: to a page of ours."""
    return RedirectResponse(target, 303, {"Cache-Control": "no-store"})


def form(
    request: Request, template: str, target: str, email: str = "", error: AppError | None = None, **values: Any
) -> Response:
    """A form of the account pages; after an error with what was typed, except passwords."""
    t, services = translator_of(request), services_of(request)
    return page(
        request,
        template,
        error.status if error else 200,
        next=local_path(target),
        email=email,
        error=words_for(t, error) if error else "",
        registration=services.registration.mode,
        mail=services.links.enabled,
        min_length=MIN_LENGTH,
        **values,
    )


def _open(request: Request, template: str, target: str, **values: Any) -> Response:
    if request.state.user is not None:
        response: Response = go(local_path(target))
        keep_language(request, response)
        return response
    return form(request, template, target, **values)


@router.get("/login")
async def login_page(request: Request, next: str = "/", done: str = "") -> Response:
    """The sign-in form; `done` tells what went well just now."""
    return _open(request, "login.html", next, done=done if done in DONE else "")


@router.get("/register")
async def register_page(request: Request, next: str = "/") -> Response:
    """The registration form."""
    return _open(request, "register.html", next)


@router.post("/login")
async def login(
    request: Request, email: Field = "", password: Field = "", next: Field = "/", code: Field = "", ticket: Ticket = ""
) -> Response:
    """Sign in and go where the visitor wanted to go. An account with a second factor is asked for its code in a second
    step; `ticket` then stands for the password."""
    auth = services_of(request).auth
    try:
        not_too_fast(request)
        if ticket:
            token = await auth.sign_in_with_ticket(ticket, code, peer_of(request))
        else:
            token = await auth.sign_in(email, password, peer_of(request), code)
        return _enter(request, token, next)
    except SecondFactorNeeded as needed:
        return form(request, "code.html", next, ticket=needed.ticket)
    except AppError as error:
        log.info("sign-in page refused", code=error.code)
        if ticket and error.code != "ticket_expired":
            shown = Unauthorized(error.message, code="wrong_code") if error.status == 401 else error
            return form(request, "code.html", next, error=shown, ticket=ticket)
        return form(request, "login.html", next, email, error)


@router.post("/register")
async def register(request: Request, email: Field = "", password: Field = "", next: Field = "/") -> Response:
    """Make an account, sign in, and begin."""
    try:
        not_too_fast(request)
        return await register_and_enter(request, email, password, next)
    except AppError as error:
        log.info("registration page refused", code=error.code)
        return form(request, "register.html", next, email, error)


async def register_and_enter(
    request: Request, email: str, password: str, target: str, invitation: str | None = None
) -> Response:
    """Sign in with the new account. Where that would tell whether the address had one already, or where it must be
    confirmed first: ask to look into the mail, for every address alike."""
    services = services_of(request)
    registered = await services.registration.register(
        email,
        password,
        visitor_of(request, services.settings),
        loopback=from_loopback(request),
        invitation=invitation,
    )
    if registered.told:
        try:
            return _enter(request, await services.auth.sign_in(email, password, peer_of(request)), target)
        except Forbidden as error:
            if error.code != "not_verified":
                raise
    return page(request, "notice.html", kind="check_mail")


def _enter(request: Request, token: str, target: str) -> Response:
    response = go(local_path(target))
    set_session_cookie(response, token, services_of(request).settings)
    return response


@router.post("/logout")
async def logout(request: Request) -> Response:
    """End the session here and in the other tabs of this browser."""
    services = services_of(request)
    name = session_cookie_name(services.settings)
    if token := request.cookies.get(name):
        await services.auth.sign_out(token)
        await close_pages(name, token)
    response = go("/login")
    clear_session_cookie(response, services.settings)
    # Drafts and cached pages are of the one who leaves; language and theme are cookies and stay.
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response
