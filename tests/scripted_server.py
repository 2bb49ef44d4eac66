"""The real server with the scripted engine: `python -m tests.scripted_server`. A long, slow Markdown reply."""

import asyncio
import os
import socket
from pathlib import Path

from starlette.middleware import Middleware
from starlette.types import ASGIApp, Receive, Scope, Send

from app.config import load_settings
from app.generations import sse
from app.logs import configure_logging
from app.main import create_app
from app.migrate import migrate
from app.serve import Server, configured
from tests.scripted_engine import ScriptedEngine

REPLY = """# 스트리밍 시험

이 서비스는 **팀이 직접 운영하는** 채팅 서비스입니다. 아래는 `Markdown` 예시입니다.

- 첫 번째 항목
- 두 번째 항목 [링크](https://example.com)

| 이름 | 값 |
|---|---|
| TTFT | 2 초 미만 |
| 사용자 | 10 명 이상 |

```python
def hello(name: str) -> str:
    return f"안녕하세요, {name}"
```

수식은 $E = mc^2$ 입니다. *끝.*
"""


class Broken:
    """A version with a bug in all that it answers to users."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """500, but for probes."""
        if scope["type"] == "http" and scope["path"].startswith("/api/"):
            raise ZeroDivisionError
        await self._app(scope, receive, send)


def main() -> None:
    """Serve until interrupted. CHAT_* settings as always; SCRIPTED_DELAY seconds per word, SCRIPTED_FIRST before the
    first one, SCRIPTED_REPLY, a file with what is said, SCRIPTED_SLOTS for so many answers at once, SCRIPTED_PING
    seconds between signs of life, and SCRIPTED_BROKEN for a version that answers 500."""
    settings = load_settings()
    configure_logging(json=False)
    migrate(settings)

    reply = os.environ.get("SCRIPTED_REPLY")
    engine = ScriptedEngine(
        Path(reply).read_text() if reply else REPLY,
        slots=int(os.environ.get("SCRIPTED_SLOTS", "4")),
        delay=float(os.environ.get("SCRIPTED_DELAY", "0.05")),
    )
    engine.first = float(os.environ.get("SCRIPTED_FIRST", "0"))
    sse.PING_SECONDS = float(os.environ.get("SCRIPTED_PING", sse.PING_SECONDS))
    app = create_app(settings, engine)
    if os.environ.get("SCRIPTED_BROKEN"):
        app.user_middleware.insert(2, Middleware(Broken))  # within RequestContext, which counts
    config = configured(settings, app)
    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(Server(config, app).serve(sockets=[socket.create_server((settings.host, settings.port))]))


if __name__ == "__main__":
    main()
