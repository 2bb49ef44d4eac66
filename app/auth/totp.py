"""People switch their second factor on and off."""

from app.audit.service import AuditService
from app.auth import repository, totp_repository
from app.auth.current import CurrentUser
from app.auth.otp import new_recovery_codes, new_secret, qr_svg, uri_of
from app.auth.proof import PasswordProof
from app.auth.schemas import RecoveryCodes, TotpPending
from app.auth.second_factor import SecondFactor, hash_recovery
from app.db import Database
from app.errors import Conflict, Forbidden


class TotpService:
    """A secret is pending until a code proves that an app has it."""

    def __init__(self, db: Database, proof: PasswordProof, factor: SecondFactor, audit: AuditService) -> None:
        self._db = db
        self._proof = proof
        self._factor = factor
        self._audit = audit

    async def begin(self, user: CurrentUser, password: str) -> TotpPending:
        """A new secret to put into an app. Raises Forbidden (`wrong_password`), Conflict (`totp_already_on`)."""
        await self._proof.check(user, password)
        secret = new_secret()
        async with self._db.transaction() as db:
            if not await totp_repository.set_pending(db, user.id, self._factor.sealer.seal(secret)):
                raise Conflict("The second factor is on already. Switch it off first.", code="totp_already_on")
        uri = uri_of(secret, user.email)
        return TotpPending(secret=secret, uri=uri, qr_svg=qr_svg(uri))

    async def confirm(self, user: CurrentUser, code: str) -> RecoveryCodes:
        """From now on signing in needs a code. The recovery codes are told only here.

        Raises Forbidden (`wrong_code`), Conflict (`totp_not_begun`, `totp_already_on`), RateLimited.
        """
        self._proof.throttle.check(user.email, None)
        codes = new_recovery_codes()
        async with self._db.transaction() as db:
            row = await repository.own_account(db, user.id)
            if row.totp_enabled:
                raise Conflict("The second factor is on already. Switch it off first.", code="totp_already_on")
            if row.totp_secret is None:
                raise Conflict("Ask for a new secret first.", code="totp_not_begun")
            right = await self._factor.use(db, row, code)
            if right:
                await totp_repository.enable(db, user.id, [hash_recovery(user.id, one) for one in codes])
                self._audit.record("totp.enabled", user, f"user:{user.id}", db=db)
        if not right:
            self._wrong(user)
        return RecoveryCodes(recovery_codes=codes)

    async def remove(self, user: CurrentUser, password: str, code: str) -> None:
        """The password alone signs in again. A recovery code will do as well.

        Raises Forbidden (`wrong_password`, `wrong_code`), Conflict (`totp_not_begun`), RateLimited.
        """
        await self._proof.check(user, password)
        async with self._db.transaction() as db:
            row = await repository.own_account(db, user.id)
            if not row.totp_enabled:
                raise Conflict("The second factor is off.", code="totp_not_begun")
            right = await self._factor.use(db, row, code)
            if right:
                await totp_repository.remove(db, user.id)
                self._audit.record("totp.disabled", user, f"user:{user.id}", db=db)
        if not right:
            self._wrong(user)

    def _wrong(self, user: CurrentUser) -> None:
        self._proof.throttle.failed(user.email, None)
        self._audit.record("totp.failed", user, f"user:{user.id}")
        raise Forbidden("The code is wrong, or it was used before.", code="wrong_code")
