"""All users for Locust: `make load`, or `locust -f loadtest/locustfile.py --host URL ApiUser PageUser`."""

import os

from loadtest.scenarios.api import ApiUser
from loadtest.scenarios.greedy import GreedyUser
from loadtest.scenarios.long import LongUser
from loadtest.scenarios.openai_client import OpenaiUser
from loadtest.scenarios.page import PageUser
from loadtest.scenarios.stop import StopUser
from loadtest.scenarios.storm import StormUser
from loadtest.scenarios.turns import TurnsUser

__all__ = ["ApiUser", "GreedyUser", "LongUser", "OpenaiUser", "PageUser", "StopUser", "StormUser", "TurnsUser"]

if os.environ.get("SHAPE"):
    # Locust takes a shape from here whenever there is one.
    from loadtest.shaped import Shaped as Shaped
