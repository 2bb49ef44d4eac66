"""Rules, storage and HTTP of vllm-chat. Knows no NiceGUI."""

__version__ = "0.1.0"
