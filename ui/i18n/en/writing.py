"""English: the composer and what stands at an answer."""

TEXTS: dict[str, str] = {
    # What the reader thinks of an answer
    "good_answer": "Good answer",
    "bad_answer": "Bad answer",
    "tell_us_more": "Tell us more",
    "tell_us_up": "What was good about it?",
    "tell_us_down": "What was wrong or missing?",
    "save_comment": "Save comment",
}
