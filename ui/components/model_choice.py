"""The models that can answer, each with its state; for services that have more than one."""

from app.generations.backends import Backend, Backends
from engine.base import Stage
from ui.components.engine_status import stage_words
from ui.components.vue import ModelChoice
from ui.i18n import Translator

# How a choice names the first engine, whose model may not be known yet.
FIRST = ""


def key_of(backends: Backends, model: str | None) -> str:
    """The choice that the stored model of a conversation is. A model that is no longer offered is one of its own."""
    if model is None or model == backends.default.name:
        return FIRST
    return model


def state_words(t: Translator, backend: Backend) -> str:
    """What a model is doing. Of other servers it matters only whether they can be reached."""
    status, elsewhere = backend.supervisor.status, backend.remote is not None
    if elsewhere and (backend.supervisor.failing or status.stage is Stage.FAILED):
        return t("model_unreachable")
    if elsewhere and status.stage in (Stage.STARTING, Stage.LOADING, Stage.WARMING):
        return t("model_connecting")
    return stage_words(t, status)


def show_choice(t: Translator, choice: ModelChoice, backends: Backends, model: str | None) -> None:
    """Bring the list up to date; `model` is what the conversation holds."""
    chosen = key_of(backends, model)
    models = [
        (backend.entry or FIRST, f"{backend.name or t('model_first')} · {state_words(t, backend)}")
        for backend in backends.all()
    ]
    if chosen not in dict(models):
        models.append((chosen, f"{chosen} · {t('model_gone')}"))
    choice.show(models, chosen)
