"""English: lists of conversations, folders and search."""

TEXTS: dict[str, str] = {
    "error_folder_not_found": "There is no such folder. It may have been deleted.",
    "error_too_many_folders": "There can be {max} folders at most. Delete one first.",
}
