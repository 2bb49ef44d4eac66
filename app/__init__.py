"""Rules, storage and HTTP of vllm-chat. Knows no NiceGUI."""
