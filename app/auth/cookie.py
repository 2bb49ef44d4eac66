"""The browser's session cookie."""

from starlette.responses import Response

from app.config import Settings

SESSION_COOKIE = "vllm_chat_session"


def session_cookie_name(settings: Settings) -> str:
    """Under TLS the `__Host-` prefix binds the cookie to this host alone."""
    return f"__Host-{SESSION_COOKIE}" if settings.secure_cookies else SESSION_COOKIE


def set_session_cookie(response: Response, token: str, settings: Settings) -> None:
    """Sign the browser in."""
    response.set_cookie(
        session_cookie_name(settings),
        token,
        max_age=settings.auth.session_lifetime,
        path="/",
        secure=settings.secure_cookies,
        httponly=True,
        samesite="lax",
    )


def clear_session_cookie(response: Response, settings: Settings) -> None:
    """Sign the browser out."""
    response.delete_cookie(
        session_cookie_name(settings), path="/", secure=settings.secure_cookies, httponly=True, samesite="lax"
    )
