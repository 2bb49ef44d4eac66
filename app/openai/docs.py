"""How `/v1` stands in our OpenAPI: the fields that everybody uses. The others are vLLM's, and are passed on."""

from typing import Any

TEXT = {"type": "string"}
NUMBER = {"type": "number"}
COUNT = {"type": "integer", "minimum": 1}
TURN = {
    "type": "object",
    "required": ["role", "content"],
    "properties": {"role": {"enum": ["system", "user", "assistant"]}, "content": TEXT},
}
TURNS = {"type": "array", "minItems": 1, "items": TURN}
SAMPLING = {"model": TEXT, "stream": {"type": "boolean"}, "temperature": NUMBER, "top_p": NUMBER}
FIELDS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "/v1/chat/completions": (
        SAMPLING | {"messages": TURNS, "max_tokens": COUNT, "seed": {"type": "integer"}},
        ["messages"],
    ),
    "/v1/completions": (SAMPLING | {"prompt": TEXT, "max_tokens": COUNT}, ["prompt"]),
    "/v1/responses": (SAMPLING | {"input": TEXT, "max_output_tokens": COUNT}, ["input"]),
    "/v1/messages": (
        SAMPLING | {"messages": TURNS, "max_tokens": COUNT, "system": TEXT},
        ["messages", "max_tokens", "model"],
    ),
    "/v1/messages/count_tokens": ({"model": TEXT, "messages": TURNS, "system": TEXT}, ["messages", "model"]),
    "/v1/embeddings": ({"model": TEXT, "input": TEXT}, ["input"]),
    "/tokenize": ({"model": TEXT, "prompt": TEXT}, ["prompt"]),
    "/detokenize": ({"model": TEXT, "tokens": {"type": "array", "items": {"type": "integer"}}}, ["tokens"]),
}


def operation(path: str) -> dict[str, Any]:
    """The body of a route."""
    fields, required = FIELDS[path]
    schema = {"type": "object", "properties": fields, "required": required, "additionalProperties": True}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}
