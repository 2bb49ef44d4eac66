"""Pages behind mailed links: a forgotten password, an address to confirm, an invitation. Plain HTML forms, too.

Opening a link changes nothing: mail scanners open links. The button on the page does.
"""

import structlog
from fastapi import APIRouter, Request
from starlette.responses import Response

from app.auth.dependencies import services_of
from app.auth.letters import visitor_of
from app.errors import AppError
from ui.pages.account import Field, form, go, not_too_fast, register_and_enter
from ui.templating import page

log = structlog.get_logger(__name__)
router = APIRouter(include_in_schema=False)


@router.get("/forgot")
async def forgot_page(request: Request) -> Response:
    """Asks for the address; without a mail server it says whom to ask."""
    return form(request, "forgot.html", "/")


@router.post("/forgot")
async def forgot(request: Request, email: Field = "") -> Response:
    """The same answer for every address."""
    services = services_of(request)
    try:
        not_too_fast(request)
    except AppError as error:
        return form(request, "forgot.html", "/", email, error)
    if not services.links.enabled:
        return form(request, "forgot.html", "/")
    services.links.send_reset(email, visitor_of(request, services.settings))
    return page(request, "notice.html", kind="forgot_sent")


@router.get("/reset")
async def reset_page(request: Request, token: str = "") -> Response:
    """Asks for the new password."""
    return form(request, "reset.html", "/", token=token)


@router.post("/reset")
async def reset(request: Request, token: Field = "", password: Field = "") -> Response:
    """Set it, and go to the sign-in page."""
    try:
        not_too_fast(request)
        await services_of(request).links.reset(token, password)
    except AppError as error:
        log.info("reset page refused", code=error.code)
        return form(request, "reset.html", "/", error=error, token=token)
    return go("/login?done=reset")


@router.get("/verify")
async def verify_page(request: Request, token: str = "") -> Response:
    """Asks for a click."""
    return form(request, "verify.html", "/", token=token)


@router.post("/verify")
async def verify(request: Request, token: Field = "") -> Response:
    """Confirm the address, and go to the sign-in page."""
    try:
        not_too_fast(request)
        await services_of(request).links.verify(token)
    except AppError as error:
        log.info("verify page refused", code=error.code)
        return form(request, "verify.html", "/", error=error, token=token)
    return go("/login?done=verified")


@router.get("/invite/{token}")
async def invite_page(request: Request, token: str) -> Response:
    """The registration form for who was invited."""
    try:
        email = await services_of(request).invitations.address_of(token)
    except AppError as error:
        return form(request, "invite.html", "/", error=error, usable=False)
    return form(request, "invite.html", "/", email or "", usable=True, fixed_email=email is not None)


@router.post("/invite/{token}")
async def invite(request: Request, token: str, email: Field = "", password: Field = "") -> Response:
    """Make the account, sign in, and begin."""
    fixed = None
    try:
        not_too_fast(request)
        fixed = await services_of(request).invitations.address_of(token)
        return await register_and_enter(request, fixed or email, password, "/", token)
    except AppError as error:
        log.info("invitation page refused", code=error.code)
        usable = error.code not in ("invitation_invalid", "registration_closed")
        return form(request, "invite.html", "/", fixed or email, error, usable=usable, fixed_email=fixed is not None)
