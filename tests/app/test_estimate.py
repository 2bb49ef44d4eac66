"""The prediction of the first token learns base and slope."""

import random

from app.generations.estimate import PrefillEstimate


def test_nothing_is_claimed_before_the_first_measurement() -> None:
    assert PrefillEstimate().predict(100) is None


def test_it_learns_a_line_with_noise() -> None:
    estimate, chance = PrefillEstimate(), random.Random(1)
    for _ in range(300):
        tokens = chance.choice([8, 20, 40, 200, 1000, 4000])
        estimate.observe(tokens, (15 + 0.5 * tokens) * chance.uniform(0.9, 1.1))
    for tokens in (8, 40, 500, 4000):
        predicted = estimate.predict(tokens)
        assert predicted is not None
        assert abs(predicted - (15 + 0.5 * tokens)) < 0.3 * (15 + 0.5 * tokens)
