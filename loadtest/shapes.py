"""How many users there are at which time of a run."""

from math import ceil

SHAPES = ("step", "spike", "soak")
STEPS = 4
# Of the time: a quarter of the users, then all of them at once, then a quarter again.
SPIKE_BEGINS, SPIKE_ENDS = 0.4, 0.6
RAMP = 0.05  # of a soak


def users_at(shape: str, users: int, share: float) -> int:
    """Of at most `users`, when this share of the time is over."""
    if shape == "step":
        return ceil(users * min(STEPS, int(share * STEPS) + 1) / STEPS)
    if shape == "spike":
        return users if SPIKE_BEGINS <= share < SPIKE_ENDS else ceil(users / 4)
    return max(1, ceil(users * min(1.0, share / RAMP)))
