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


def test_what_is_being_read_counts_too() -> None:
    estimate = PrefillEstimate()
    estimate.observe(8, 10)
    estimate.observe(1000, 1010)
    alone = estimate.predict(100)
    first = estimate.reading(1000)
    assert alone is not None
    assert (estimate.predict(100) or 0) > alone + 900
    first.done(1000, 1010)
    assert estimate.predict(100) == alone
    given_up = estimate.reading(500)
    given_up.close()
    given_up.close()
    assert estimate.waiting == 0
