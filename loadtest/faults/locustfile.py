"""Locust users who chat, come back after a cut as the page does, and write down what they see."""

import os
import random
import time
import uuid
from pathlib import Path
from typing import Any

import gevent
import requests
from locust import User, between, task

from loadtest.faults import accounts
from loadtest.faults.diary import Asked, Diary, Try
from loadtest.faults.reading import Reading
from loadtest.questions import QUESTIONS

FOLDER = Path(os.environ["FAULTS_FOLDER"])
ACCOUNTS = accounts.read(FOLDER)
NUMBERS = iter(range(len(ACCOUNTS)))
DIARY = Diary(FOLDER)
TURNS = 4
# Seconds: without a byte (the service says a word every ten), and until somebody gives up.
SILENCE, PATIENCE = 30.0, 180.0
PAUSE = 0.5


class Refused(Exception):
    """It was tried for PATIENCE seconds, or is no use to try again."""


class Person(User):  # type: ignore[misc]  # locust has no types
    """One of them."""

    wait_time = between(0.5, 2)

    def on_start(self) -> None:
        """Take an account that nobody has."""
        self.number = next(NUMBERS)
        self.web = requests.Session()
        self.web.trust_env = False
        self.web.verify = os.environ["FAULTS_CERT"]
        self.web.headers.update(ACCOUNTS[self.number].headers)
        self.conversation: str | None = None
        self.turns = 0

    @task(3)  # type: ignore[untyped-decorator]
    def ask(self) -> None:
        """One question, until its answer has ended."""
        if self.turns >= TURNS:
            self.conversation, self.turns = None, 0
        body = {"content": random.choice(QUESTIONS), "params": {"max_tokens": 200}}
        if self.conversation:
            body["conversation_id"] = self.conversation
        # The same key for each try: whoever tries again does not ask twice.
        headers = {"Idempotency-Key": str(uuid.uuid4()), "Accept": "text/event-stream"}
        begun = time.time()
        try:
            stream = self.send("ask", "POST", "/api/chat", json=body, headers=headers, stream=True)
        except Refused:
            return
        reading = Reading(Asked(begun, self.number))
        try:
            reading.follow(stream)
            while not reading.asked.end and time.time() < begun + PATIENCE:
                gevent.sleep(PAUSE)
                if reading.asked.generation_id:
                    path = f"/api/generations/{reading.asked.generation_id}/events"
                    last = {"Last-Event-ID": str(reading.last)}
                    reading.follow(self.send("follow", "GET", path, headers=last, stream=True))
                else:
                    reading.follow(self.send("ask again", "POST", "/api/chat", json=body, headers=headers, stream=True))
        except Refused as refused:
            reading.asked.wrong = f"following was given up: {refused}"
        finally:
            reading.asked.ended_at = time.time()
            DIARY.write(reading.asked)
        self.conversation, self.turns = reading.asked.conversation_id or None, self.turns + 1

    @task(1)  # type: ignore[untyped-decorator]
    def read_back(self) -> None:
        """Open the conversation again, as a reload does."""
        if self.conversation:
            try:
                self.send("read", "GET", f"/api/conversations/{self.conversation}/messages")
            except Refused:
                return

    def send(self, name: str, method: str, path: str, **more: Any) -> requests.Response:
        """Until it is accepted; a Retry-After is kept. Raises Refused."""
        begun, number = time.time(), 0
        while True:
            number, at, wait = number + 1, time.time(), PAUSE
            try:
                answer = self.web.request(method, self.host + path, timeout=SILENCE, **more)
            except requests.RequestException as error:
                DIARY.write(Try(at, name, number, 0, type(error).__name__))
                what = repr(error)
            else:
                code = "" if answer.ok else code_of(answer)
                DIARY.write(Try(at, name, number, answer.status_code, code))
                if answer.ok:
                    return answer
                what = f"{answer.status_code} {code}"
                if answer.status_code < 500 and answer.status_code != 429:
                    raise Refused(what)
                wait = float(answer.headers.get("Retry-After", PAUSE))
            if time.time() + wait > begun + PATIENCE:
                raise Refused(what)
            gevent.sleep(wait)


def code_of(answer: requests.Response) -> str:
    """What the error is called; nginx's own pages have none."""
    try:
        return str(answer.json()["error"]["code"])
    except (ValueError, KeyError, requests.RequestException):
        return "no code"
