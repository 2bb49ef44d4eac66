"""The model behind a Protocol. Importable without vLLM; knows neither `app` nor `ui`."""
