"""What the suite needs from Debian: `python -m tests.rig.packages` installs it when root."""

import os
import shutil
import sys
from pathlib import Path

from requirements import debian
from tests.rig.chromium import find_chromium
from tests.rig.nginx import find_nginx
from tests.rig.postgres import bin_directory

FONTS = Path("/usr/share/fonts")


def missing() -> list[str]:
    """Debian packages that are not there, judged by the files we use."""
    present = {
        "postgresql": bin_directory() is not None,
        "redis-server": Path("/usr/bin/redis-server").exists(),
        "nginx-light": find_nginx() is not None,
        "prometheus": shutil.which("promtool") is not None,
        "curl": shutil.which("curl") is not None,
        "nodejs": shutil.which("node") is not None,
        "npm": shutil.which("npm") is not None,
        "chromium": find_chromium() is not None,
        "fonts-noto-cjk": any(FONTS.rglob("NotoSansCJK-*")),
        "fonts-noto-color-emoji": any(FONTS.rglob("NotoColorEmoji*")),
    }
    return [package for package, there in present.items() if not there]


def main() -> int:
    """Install what is missing, or say how. Without it the tests that need it are skipped, except in CI."""
    packages = missing()
    if not packages:
        return 0
    try:
        debian.install(packages)
    except debian.DebianError as error:
        print(f"test rig: {error}", file=sys.stderr)
        return 1 if os.environ.get("CI") == "true" else 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
