"""The one error tree. Drawn as JSON in `app.http` and as words in `ui.feedback`, nowhere else.

AppError
├── BadRequest            400  the request itself makes no sense
├── Unauthorized          401  not signed in, or the credentials are wrong
├── Forbidden             403  signed in, but not allowed
├── NotFound              404  unknown, or somebody else's (the same answer for both)
├── Conflict              409  the state does not allow it
├── Gone                  410  it existed and is no longer kept
├── TooLarge              413  the body or the message is too long
├── Invalid               422  the input is wrong
├── RateLimited           429  too much, too fast; `retry_after` says when
└── Unavailable           503  the engine, the queue or the storage cannot serve now
"""

from typing import Any


class AppError(Exception):
    """An error with a status, a stable `code` for programs and a `message` for people.

    `params` are the figures inside the message, so that the page can say it in another language.
    `retry_after` is in seconds.
    """

    status = 500
    code = "internal_error"

    def __init__(self, message: str, *, code: str | None = None, retry_after: int | None = None, **params: Any) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code
        self.retry_after = retry_after
        self.params = params

    def as_data(self) -> dict[str, Any]:
        """The data of an `error` event."""
        data: dict[str, Any] = {"code": self.code, "message": self.message, "status": self.status}
        if self.retry_after is not None:
            data["retry_after"] = self.retry_after
        return data | ({"params": self.params} if self.params else {})

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> "AppError":
        """The error that an `error` event tells of."""
        error = cls(data["message"], code=data["code"], retry_after=data.get("retry_after"), **data.get("params", {}))
        error.status = data.get("status", cls.status)
        return error


class BadRequest(AppError):
    """400"""

    status, code = 400, "bad_request"


class Unauthorized(AppError):
    """401"""

    status, code = 401, "unauthorized"


class Forbidden(AppError):
    """403"""

    status, code = 403, "forbidden"


class NotFound(AppError):
    """404"""

    status, code = 404, "not_found"


class Conflict(AppError):
    """409"""

    status, code = 409, "conflict"


class Gone(AppError):
    """410"""

    status, code = 410, "events_expired"


class TooLarge(AppError):
    """413"""

    status, code = 413, "too_large"


class Invalid(AppError):
    """422"""

    status, code = 422, "invalid_request"


class RateLimited(AppError):
    """429"""

    status, code = 429, "rate_limited"


class Unavailable(AppError):
    """503"""

    status, code = 503, "unavailable"
