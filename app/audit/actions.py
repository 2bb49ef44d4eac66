"""The names of what the audit log holds. A new kind of event gets its name here first."""

from typing import Literal, get_args

Action = Literal[
    "signin.ok",
    "signin.failed",
    "signin.locked",
    "signout",
    "signout.everywhere",
    "session.ended",
    "user.registered",
    "user.created",
    "user.deleted",
    "user.disabled",
    "user.enabled",
    "role.changed",
    "limits.changed",
    "password.changed",
    "password.wrong",
    "password.reset_requested",
    "password.reset",
    "email.changed",
    "email.verified",
    "key.created",
    "key.revoked",
    "invitation.created",
    "invitation.used",
    "invitation.revoked",
    "totp.enabled",
    "totp.disabled",
    "totp.failed",
    "share.created",
    "share.revoked",
    "data.exported",
    "retention.applied",
    "authz.denied",
]
ACTIONS: frozenset[str] = frozenset(get_args(Action))
