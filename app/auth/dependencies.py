"""What routes ask for: the services and the signed-in user."""

from typing import Annotated

from fastapi import Depends, Request

from app.auth.current import CurrentUser
from app.errors import Unauthorized
from app.services import Services


def services_of(request: Request) -> Services:
    """The services of the running process."""
    services: Services = request.app.state.services
    return services


async def signed_in(request: Request) -> CurrentUser:  # not `def`: that is run in a thread, for every request
    """The guard has set the user; a public route that still needs one says so with this."""
    user: CurrentUser | None = request.state.user
    if user is None:
        raise Unauthorized("Sign in first.")
    return user


User = Annotated[CurrentUser, Depends(signed_in)]
