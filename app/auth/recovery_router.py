"""Routes behind mailed links: a new password, a confirmed address. All are public."""

from fastapi import APIRouter, Request, Response

from app.auth.dependencies import services_of
from app.auth.letters import visitor_of
from app.auth.schemas import MailAnswer, MailRequest, ResetRequest, TokenRequest

router = APIRouter(prefix="/api/auth", tags=["accounts"])


@router.post("/forgot-password", status_code=202)
async def forgot_password(request: Request, body: MailRequest) -> MailAnswer:
    """Mail a link for a new password to the address, if it has an account. The answer is the same for all."""
    services = services_of(request)
    services.links.send_reset(body.email, visitor_of(request, services.settings))
    return MailAnswer(mail=services.links.enabled)


@router.post("/reset-password", status_code=204)
async def reset_password(request: Request, body: ResetRequest) -> Response:
    """Choose a new password with the token of a mailed link. Signs out everywhere."""
    await services_of(request).links.reset(body.token, body.password)
    return Response(status_code=204)


@router.post("/request-verify-token", status_code=202)
async def request_verify_token(request: Request, body: MailRequest) -> MailAnswer:
    """Mail a link that confirms the address, if it has an account. The answer is the same for all."""
    services = services_of(request)
    services.links.send_verification(body.email, visitor_of(request, services.settings))
    return MailAnswer(mail=services.links.enabled)


@router.post("/verify", status_code=204)
async def verify(request: Request, body: TokenRequest) -> Response:
    """Confirm an address with the token of a mailed link."""
    await services_of(request).links.verify(body.token)
    return Response(status_code=204)
