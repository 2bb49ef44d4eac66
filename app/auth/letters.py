"""The words of our mails, in the language of the request that caused them."""

from dataclasses import dataclass

from starlette.requests import Request

from app.config import Settings
from app.language import Language, language_of
from app.mail import Mail


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who caused a mail: their language, and the address under which they reach us, for the link in it."""

    language: Language
    base: str


def visitor_of(request: Request, settings: Settings) -> Visitor:
    """In development without a public URL the link leads to where the request came to; a stranger could name any host
    there, which is why production insists on the public URL."""
    base = settings.public_url or f"{request.url.scheme}://{request.headers.get('host', '')}"
    return Visitor(language_of(request), base.rstrip("/"))


_LETTERS: dict[str, dict[Language, tuple[str, str]]] = {
    "reset": {
        "ko": (
            "vllm-chat 비밀번호 재설정",
            "안녕하세요.\n\n비밀번호를 다시 정하려면 1시간 안에 아래 주소를 여세요. 주소는 한 번만 쓸 수 있습니다.\n\n"
            "{url}\n\n"
            "요청하신 적이 없다면 이 메일을 무시하세요. 비밀번호는 그대로입니다.\n",
        ),
        "en": (
            "Reset your vllm-chat password",
            "Hello,\n\nto choose a new password, open this address within one hour. It works once.\n\n{url}\n\n"
            "If you did not ask for this, ignore this mail: your password stays as it is.\n",
        ),
    },
    "verify": {
        "ko": (
            "vllm-chat 이메일 주소 확인",
            "안녕하세요.\n\n이 주소가 본인의 것임을 확인하려면 24시간 안에 아래 주소를 여세요.\n\n{url}\n\n"
            "vllm-chat에 가입하신 적이 없다면 이 메일을 무시하세요.\n",
        ),
        "en": (
            "Confirm your email address for vllm-chat",
            "Hello,\n\nto confirm that this address is yours, open this address within 24 hours.\n\n{url}\n\n"
            "If you did not register with vllm-chat, ignore this mail.\n",
        ),
    },
    "taken": {
        "ko": (
            "vllm-chat에 이미 계정이 있습니다",
            "안녕하세요.\n\n누군가 이 주소로 vllm-chat에 가입하려고 했지만, 이 주소에는 이미 계정이 있습니다.\n"
            "본인이라면 로그인하거나 비밀번호를 재설정하세요.\n\n{url}\n\n본인이 아니라면 이 메일을 무시하세요.\n",
        ),
        "en": (
            "You already have a vllm-chat account",
            "Hello,\n\nsomebody tried to register this address with vllm-chat, but it has an account already.\n"
            "If it was you, sign in or reset your password here:\n\n{url}\n\nIf not, ignore this mail.\n",
        ),
    },
    "invitation": {
        "ko": (
            "vllm-chat 초대",
            "안녕하세요.\n\nvllm-chat에 초대받으셨습니다. 아래 주소에서 계정을 만드세요. "
            "주소는 한 번만 쓸 수 있습니다.\n\n{url}\n",
        ),
        "en": (
            "You are invited to vllm-chat",
            "Hello,\n\nyou are invited to vllm-chat. Make your account at this address. It works once.\n\n{url}\n",
        ),
    },
}


def letter(kind: str, to: str, visitor: Visitor, path: str) -> Mail:
    """The mail of a kind (reset, verify, taken, invitation) with a link to `path`."""
    subject, text = _LETTERS[kind][visitor.language]
    return Mail(to, subject, text.format(url=visitor.base + path))
