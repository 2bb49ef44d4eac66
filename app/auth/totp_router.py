"""Routes of the second factor."""

from fastapi import APIRouter, Request, Response

from app.auth.dependencies import User
from app.auth.schemas import RecoveryCodes, TotpConfirm, TotpPending, TotpRemove, UserDelete
from app.auth.totp import TotpService

router = APIRouter(prefix="/api/users/me/totp", tags=["accounts"])


def _totp(request: Request) -> TotpService:
    totp: TotpService = request.app.state.services.totp
    return totp


@router.post("")
async def begin(request: Request, user: User, body: UserDelete) -> TotpPending:
    """A new secret for an authenticator app. It is in force after its first code."""
    return await _totp(request).begin(user, body.password)


@router.post("/confirm")
async def confirm(request: Request, user: User, body: TotpConfirm) -> RecoveryCodes:
    """Switch it on with a code of the app. Answers with the recovery codes, once."""
    return await _totp(request).confirm(user, body.code)


@router.delete("", status_code=204)
async def remove(request: Request, user: User, body: TotpRemove) -> Response:
    """Switch it off."""
    await _totp(request).remove(user, body.password, body.code)
    return Response(status_code=204)
