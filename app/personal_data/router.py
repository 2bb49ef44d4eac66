"""Route of the export."""

from fastapi import APIRouter, Request
from starlette.responses import StreamingResponse

from app.auth.dependencies import User
from app.services import Services

router = APIRouter(prefix="/api/users/me", tags=["accounts"])


@router.get("/export", response_class=StreamingResponse)
async def export(request: Request, user: User) -> StreamingResponse:
    """Everything that is stored about this account, as one JSON document."""
    services: Services = request.app.state.services
    return StreamingResponse(
        await services.personal_data.export(user),
        media_type="application/json",
        headers={"Content-Disposition": 'attachment; filename="vllm-chat-export.json"', "Cache-Control": "no-store"},
    )
