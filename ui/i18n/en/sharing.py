"""English: links to share, exports, imports and what comes by itself."""

TEXTS: dict[str, str] = {
    # Out of the page
    "export_json": "Export as JSON",
    "export_md": "Export as Markdown",
    "print_or_pdf": "Print or PDF",
    "print": "Print",
    "nothing_here": "There are no messages yet.",
    # Imports
    "import_title": "Import conversations",
    "import_text": (
        "A JSON file of this service, or the file that ChatGPT exports: conversations.json or the whole "
        "zip. At most 64 MB. A file that is imported twice is there twice."
    ),
    "import_choose": "Choose a file",
    "import_sending": "Sending the file",
    "import_reading": "Reading the conversations",
    "import_none": "No conversation was imported.",
    "import_done": "Imported conversations: {count}",
    "import_skipped": "Left out: {count}",
    "import_number": "Conversation {number}",
    "import_more": "{count} more",
    "import_look": "Go to the conversations",
    "import_reason_invalid": "it is not written as expected",
    "import_reason_invalid_json": "it is not valid JSON",
    "import_reason_not_a_conversation": "this is no conversation",
    "import_reason_no_messages": "it has no messages",
    "import_reason_too_many_messages": "it has too many messages",
    "import_reason_text_too_long": "a text in it is too long",
    "import_reason_too_large": "it is too large",
    "import_reason_too_deep": "it is nested too deeply",
    "import_reason_unprintable": "it holds characters that cannot be stored",
    "import_reason_broken_tree": "its messages do not belong together",
    "import_reason_file_damaged": "from here on the file is damaged",
    "import_reason_too_many_conversations": "there are too many; this one and those after it are missing",
    "import_reason_storage_unavailable": "the storage went away; this one and those after it are missing",
    "import_reason_storage_full": "the storage is full; this one and those after it are missing",
    "error_import_unreadable": "There are no conversations in this file, or it is damaged.",
    "error_import_running": "Another file of yours is being imported.",
    "error_import_too_large": "The file is larger than 64 MB.",
    "error_import_unsent": "The connection was lost before the file was read. Please try again.",
    # Links
    "share": "Share",
    "share_title": "Share this conversation",
    "share_text": (
        "Anyone who has the link can read the messages up to here, without an account. What comes later is not shown."
    ),
    "share_create": "Create link",
    "share_update": "Update link",
    "share_update_text": "The link shows what there is now.",
    "share_revoke": "Revoke link",
    "share_revoke_title": "Revoke this link?",
    "share_revoke_text": "Whoever has it sees nothing any more, at once.",
    "share_link": "Link",
    "share_expiry": "Valid for",
    "share_never": "Until it is revoked",
    "share_made": "Shared {day}",
    "share_expires": "Valid until {day}",
    "share_expired": "Expired",
    "share_no_expiry": "Until it is revoked",
    "share_seen_by": "Anyone who has this link can see this page. It shows the conversation as it was on {date}.",
    "share_continue": "Continue this conversation",
    "share_sign_in": "Sign in to continue",
    "settings_shares": "Shared links",
    "settings_shares_text": "Conversations that anyone with the link can read.",
    "shares_empty": "You have shared nothing.",
    "share_open": "Open",
    "branch_new_chat": "Branch into new chat",
    "error_nothing_to_share": "There are no messages to share yet.",
    "error_not_shared": "This conversation is not shared.",
    # Temporary chats
    "temporary": "Temporary chat",
    "temporary_text": (
        "This chat is in no list and no search. "
        "It is deleted when you leave it, and at the latest a day after its last message."
    ),
    "error_temporary_chat": "A temporary chat cannot be shared.",
}
