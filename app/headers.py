"""Security headers, and a nonce CSP for HTML pages.

NiceGUI knows no nonces, so the filter adds one to each `<script` of a page. That is safe only because none of these
pages holds user text: messages reach the browser over the socket, sanitised. Pages that do (`ui.thread_page`) bring a
stricter policy of their own and pass untouched.
"""

import re
import secrets

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SCRIPT = re.compile(rb"<script(?=[\s>])", re.IGNORECASE)
POLICY_NAME = "Content-Security-Policy"
POLICY = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
HSTS = "max-age=31536000; includeSubDomains"


class SecurityHeaders:
    """Adds the headers to every response; rewrites only HTML, which is held back until it is whole."""

    def __init__(self, app: ASGIApp, *, tls: bool) -> None:
        self.app = app
        self._headers = HEADERS | ({"Strict-Transport-Security": HSTS} if tls else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Streams that are not HTML pass untouched."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        held: Message | None = None
        body = b""
        stored = scope["path"].startswith(("/static/", "/_nicegui/"))

        async def filtered(message: Message) -> None:
            nonlocal held, body
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                if not stored:
                    headers.setdefault("Cache-Control", "no-store")
                if headers.get("content-type", "").startswith("text/html") and POLICY_NAME not in headers:
                    held = message
                    return
            elif held is not None and message["type"] == "http.response.body":
                body += message.get("body", b"")
                if message.get("more_body"):
                    return
                await self._send_page(held, body, send)
                return
            await send(message)

        await self.app(scope, receive, filtered)

    async def _send_page(self, start: Message, body: bytes, send: Send) -> None:
        nonce = secrets.token_urlsafe(24)
        headers = MutableHeaders(scope=start)
        headers[POLICY_NAME] = POLICY.format(nonce=nonce)
        body = SCRIPT.sub(f'<script nonce="{nonce}"'.encode(), body)
        if "content-length" in headers:
            headers["content-length"] = str(len(body))
        await send(start)
        await send({"type": "http.response.body", "body": body})
