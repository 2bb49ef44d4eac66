"""When the certificate ends that people see at the public URL."""

import asyncio
import ssl
from urllib.parse import urlsplit

from cryptography import x509

CONNECT_SECONDS = 5.0


async def certificate_expiry(url: str) -> tuple[str, float] | None:
    """The host and the moment in seconds of Unix time; None when the URL has no TLS.

    Who signed it is not checked: also a certificate that nobody trusts has an end. Raises OSError, TimeoutError and
    ValueError when there is nothing to read.
    """
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname:
        return None
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    async with asyncio.timeout(CONNECT_SECONDS):
        _, writer = await asyncio.open_connection(
            parts.hostname, parts.port or 443, ssl=context, server_hostname=parts.hostname
        )
        try:
            certificate = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        finally:
            writer.close()
    return parts.hostname, x509.load_der_x509_certificate(certificate).not_valid_after_utc.timestamp()
