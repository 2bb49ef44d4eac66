"""What people and programs do to a server: a file for each, by the name that SCENARIOS takes."""

# The first six are what a service sees every day. `greedy` and `storm` are added to see what they do to the others.
DAILY = ("page", "api", "openai", "long", "turns", "stop")
NAMES = (*DAILY, "greedy", "storm")
# What somebody waits for; the rest of a scenario's events are figures of these.
OPERATIONS = ("answer", "open", "sign-in")


def class_name(scenario: str) -> str:
    """The class of its users in loadtest/locustfile.py."""
    return f"{scenario.capitalize()}User"
