"""`/healthz`, `/readyz`, `/metrics`: for probes and Prometheus."""

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from app import metrics
from app.errors import Unavailable
from app.services import Services

router = APIRouter(tags=["operation"])


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """The process lives and its event loop runs."""
    return {"status": "ok"}


@router.get("/readyz")
async def readyz(request: Request) -> JSONResponse:
    """200 after a warm generation, while the database answers; the body says the stage."""
    services: Services = request.app.state.services
    status = services.engine.status
    body = {
        "stage": "draining" if services.generations.stopping else status.stage.value,
        "detail": status.detail,
        "progress": status.progress,
        "model": services.engine.model_name,
        "demo": services.engine.is_demo,
        "database": "ok",
    }
    try:
        await services.db.ping()
    except Unavailable:
        body["database"] = "unavailable"
    ready = services.engine.ready and body["database"] == "ok" and not services.generations.stopping
    return JSONResponse(body, 200 if ready else 503, headers={} if ready else {"Retry-After": "2"})


@router.get("/metrics")
async def prometheus(request: Request) -> Response:
    """Prometheus text."""
    services: Services = request.app.state.services
    metrics.engine_up.set(services.engine.ready)
    lost = services.engine.losses
    metrics.engine_restarts.labels("lost").set(lost)
    metrics.engine_restarts.labels("asked").set(services.engine.restarts - lost)
    backends = services.backends.all()
    for backend in backends:
        if backend.name:
            metrics.model_up.labels(backend.name).set(backend.supervisor.ready)
            metrics.model_paused.labels(backend.name).set(backend.admission.paused)
    metrics.active_users.set(services.activity.active())
    metrics.queue_depth.set(sum(backend.admission.waiting for backend in backends))
    metrics.running.set(sum(backend.admission.running for backend in backends))
    return metrics.page()
