"""What goes wrong in a release."""


class ReleaseError(Exception):
    """The message says what failed, and what serves now."""
