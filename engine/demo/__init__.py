"""The demo model: its corpus, its training, its evaluation and the checkpoint that the service bundles."""
