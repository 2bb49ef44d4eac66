"""Korean: system prompts, parameters, presets, prompts, shortcuts."""

TEXTS: dict[str, str] = {}
