"""What users saw against what can be read from the API afterwards: for each question that was accepted."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from loadtest.faults.accounts import Account
from loadtest.faults.diary import Asked
from loadtest.faults.site import Site

# An honest end that is not "done": the text so far is kept, and what happened is told.
ENDED = ("error", "interrupted", "cancelled")
SETTLE_SECONDS = 180.0
Message = Mapping[str, Any]


def lost(asked: Asked, stored: Message | None) -> str:
    """Why the answer counts as lost; empty when it does not.

    It is, when what was seen is not what is stored: a complete answer as it was shown, an ended one with at least the
    text that was shown, and in between an answer that has not ended by now.
    """
    if stored is None:
        return "it cannot be read" if asked.message_id else "accepted, and never heard of again"
    status, content = stored["status"], stored["content"]
    if status not in ("done", *ENDED):
        return f"still {status}"
    if not content.startswith(asked.text):
        return f"shown: {asked.text[-40:]!r} ({len(asked.text)} characters), stored: {content[-40:]!r} ({len(content)})"
    if asked.end == "done" and (status != "done" or content != asked.text):
        return f"shown as complete, stored as {status} with {len(content)} characters for {len(asked.text)}"
    if asked.end == "error" and status == "done":
        return ""  # told as failed, and completed after all
    return asked.wrong


@dataclass
class Ledger:
    """`lost` and `doubled` say which and why; `stored` counts what the database holds, by status."""

    lost: dict[str, str] = field(default_factory=dict)
    doubled: list[str] = field(default_factory=list)
    statuses: dict[str, str] = field(default_factory=dict)

    def stored(self, asked: Sequence[Asked]) -> Counter[str]:
        """Of these questions."""
        return Counter(self.statuses.get(one.message_id, "nothing") for one in asked)

    def lost_of(self, asked: Sequence[Asked]) -> list[str]:
        """Of these questions."""
        return [f"{one.message_id}: {self.lost[one.message_id]}" for one in asked if one.message_id in self.lost]


def settled(site: Site, accounts: Sequence[Account], asked: Sequence[Asked]) -> Ledger:
    """Read everything back, and again while something is still being written, for SETTLE_SECONDS at most."""
    deadline = time.monotonic() + SETTLE_SECONDS
    while True:
        ledger, running = _read_back(site, accounts, asked)
        if not running or time.monotonic() > deadline:
            return ledger
        time.sleep(1)


def _read_back(site: Site, accounts: Sequence[Account], asked: Sequence[Asked]) -> tuple[Ledger, bool]:
    ledger, running = Ledger(), False
    with httpx.Client(base_url=site.proxy.url, verify=site.proxy.tls, trust_env=False, timeout=30) as http:
        for number, account in enumerate(accounts):
            own = [one for one in asked if one.user == number]
            messages: dict[str, Message] = {}
            for conversation, questions in Counter(one.conversation_id for one in own if one.conversation_id).items():
                answer = http.get(f"/api/conversations/{conversation}/messages", headers=account.headers)
                items: list[Message] = answer.raise_for_status().json()["items"]
                messages |= {item["id"]: item for item in items}
                stored = sum(item["role"] == "user" for item in items)
                if stored != questions:
                    ledger.doubled.append(f"conversation {conversation}: {stored} questions stored, {questions} asked")
            for one in own:
                found = messages.get(one.message_id)
                running |= found is not None and found["status"] not in ("done", *ENDED)
                ledger.statuses[one.message_id] = str(found["status"]) if found else "nothing"
                if why := lost(one, found):
                    ledger.lost[one.message_id] = why
    return ledger, running
