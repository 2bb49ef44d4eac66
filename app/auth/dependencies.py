"""What routes ask for: the services and the signed-in user."""

from typing import Annotated

from fastapi import Depends, Request

from app.auth.current import CurrentUser
from app.errors import Unauthorized


def signed_in(request: Request) -> CurrentUser:
    """The guard has set the user; a public route that still needs one says so with this."""
    user: CurrentUser | None = request.state.user
    if user is None:
        raise Unauthorized("Sign in first.")
    return user


User = Annotated[CurrentUser, Depends(signed_in)]
