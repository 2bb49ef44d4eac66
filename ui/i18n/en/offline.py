"""Words of the page that is shown when the server cannot be reached."""

TEXTS = {
    "unreachable_title": "No connection to the server",
    "unreachable_text": "Your chats are safe on the server. This page opens by itself as soon as it answers.",
    "unreachable_retry": "Try again",
    "unreachable_trying": "Trying…",
    "unreachable_failed": "Still no answer. We keep trying.",
}
