"""English: the composer and what stands at an answer."""

TEXTS: dict[str, str] = {
    # What the reader thinks of an answer
    "good_answer": "Good answer",
    "bad_answer": "Bad answer",
    "tell_us_more": "Tell us more",
    "tell_us_up": "What was good about it?",
    "tell_us_down": "What was wrong or missing?",
    "save_comment": "Save comment",
    # The message field
    "more": "Add",
    "attach": "Attach text files",
    "ctrl_enter": "Ctrl+Enter sends",
    "drop_here": "Drop text files here",
    "attachments": "Attachments",
    "expand": "Put into the text",
    "remove": "Remove",
    "pasted": "Pasted text",
    "too_many": "At most {name} attachments go along with a message.",
    "too_large": "“{name}” is too large: at most 1 MB goes along.",
    "binary": "“{name}” is not a text file. Only texts can be attached.",
    "queue": "Waiting messages",
    "queue_add": "Queue message",
    "queue_edit": "Edit waiting message",
    "queue_remove": "Remove waiting message",
    "queue_go": "Ask now",
    "file_lines": "{lines} lines",
    "file_line": "1 line",
    "copy_question": "Question to clipboard",
}
