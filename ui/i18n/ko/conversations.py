"""Korean: lists of conversations, folders and search."""

TEXTS: dict[str, str] = {
    "error_folder_not_found": "폴더를 찾을 수 없습니다. 이미 삭제되었을 수 있습니다.",
    "error_too_many_folders": "폴더는 {max}개까지 만들 수 있습니다. 먼저 하나를 삭제해 주세요.",
}
