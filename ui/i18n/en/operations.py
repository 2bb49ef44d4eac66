"""English: what administrators do to a running service."""

TEXTS: dict[str, str] = {
    "state_paused": "An administrator has paused the model · place {place} in the queue until it goes on",
    "queue_paused": "Paused · {running} running, {waiting} waiting",
    "queue_draining": "Draining · {running} running, {waiting} waiting",
    "queue_drained": "Drained: nothing runs · {waiting} waiting",
    "queue_restarting": "Restart · {running} running, {waiting} waiting",
    "engine_pause": "Pause",
    "engine_pause_title": "Pause this model?",
    "engine_pause_text": "New questions wait in the queue until you resume. Answers that are being written go on.",
    "engine_drain": "Drain",
    "engine_drain_title": "Drain this model?",
    "engine_drain_text": "New questions wait in the queue until you resume. Here you see when nothing runs any more.",
    "engine_restart": "Restart",
    "engine_restart_title": "Restart this engine?",
    "engine_restart_text": "It waits up to five minutes for running answers; those that take longer go on afterwards. "
    "New questions wait in the queue meanwhile.",
    "engine_resume": "Resume",
    "error_engine_elsewhere": "This engine runs on another server. Restart it there.",
    "error_engine_starting": "The engine is starting already.",
}
