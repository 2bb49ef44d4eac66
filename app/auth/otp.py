"""One-time codes as authenticator apps make them (RFC 6238: SHA-1, 6 digits, 30 s), and how their secrets are kept."""

import base64
import hmac
import secrets

import pyotp
import segno
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

STEP_SECONDS = 30
DIGITS = 6
RECOVERY_CODES = 10
ISSUER = "vllm-chat"


class Sealer:
    """Encrypts what must be read again, with a key derived from `CHAT_AUTH__SECRET`: a stolen database alone gives no
    second factor away."""

    def __init__(self, secret: str) -> None:
        key = HKDF(SHA256(), 32, salt=None, info=b"vllm-chat second factor").derive(secret.encode())
        self._fernet = Fernet(base64.urlsafe_b64encode(key))

    def seal(self, text: str) -> str:
        """Encrypted and authenticated."""
        return self._fernet.encrypt(text.encode()).decode()

    def open(self, sealed: str) -> str | None:
        """None when it was sealed with another secret."""
        try:
            return self._fernet.decrypt(sealed).decode()
        except InvalidToken:
            return None


def new_secret() -> str:
    """160 random bits in base 32."""
    return pyotp.random_base32()


def uri_of(secret: str, email: str) -> str:
    """What authenticator apps read from the QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=ISSUER)


def qr_svg(uri: str) -> str:
    """The QR code as an SVG data URI."""
    return segno.make(uri, error="m").svg_data_uri(scale=5, border=2, dark="#000", light="#fff")


def matching_step(secret: str, code: str, at: float) -> int | None:
    """The time step that a code belongs to: the present one, the one before or the one after; `at` in seconds."""
    if not code.isascii():
        return None
    present = int(at) // STEP_SECONDS
    totp = pyotp.TOTP(secret)
    for step in (present, present - 1, present + 1):
        if hmac.compare_digest(totp.generate_otp(step), code):
            return step
    return None


def new_recovery_codes() -> list[str]:
    """80 random bits each, in groups that people can copy."""
    codes = (base64.b32encode(secrets.token_bytes(10)).decode().lower() for _ in range(RECOVERY_CODES))
    return ["-".join(code[start : start + 4] for start in range(0, 16, 4)) for code in codes]


def plain(code: str) -> str:
    """A code as it was typed, without the spaces, dashes and capitals that people add."""
    return "".join(code.split()).replace("-", "").lower()
