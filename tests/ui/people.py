"""What a person does on the page, by the names that the contract gives to buttons and fields."""

import re

from playwright.async_api import Locator, Page, expect

# Whoever looks for ended sessions may come first, and lets the reader come back to where they were.
SIGN_IN = re.compile(r"/login(\?next=.*)?$")


class Person:
    """One browser tab. `faults` collects what the browser complains about."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.faults: list[str] = []
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("console", lambda message: self.faults.append(message.text) if message.type == "error" else None)

    async def sign_up(self, email: str, password: str) -> None:
        """As `register`, in half the time: the form is sent without being drawn."""
        request = self.page.context.request
        await request.get(f"{self.url}/register?lang=en")
        await request.post(f"{self.url}/register", form={"email": email, "password": password}, max_redirects=0)
        await self.page.goto(self.url)
        await expect(self.message).to_be_visible()

    async def register(self, email: str, password: str) -> None:
        """Make an account and land on the chat page."""
        await self.page.goto(f"{self.url}/register?lang=en")
        await self.page.get_by_role("textbox", name="Email").fill(email)
        await self.page.get_by_role("textbox", name="Password").fill(password)
        await self.page.get_by_role("button", name="Create account").click()
        await expect(self.message).to_be_visible()

    @property
    def message(self) -> Locator:
        """The field for the next message."""
        return self.page.get_by_role("textbox", name="Message", exact=True)

    @property
    def log(self) -> Locator:
        """The messages."""
        return self.page.get_by_role("log", name="Conversation")

    @property
    def answers(self) -> Locator:
        """Everything the scripted model has said."""
        return self.log.get_by_role("article", name="scripted")

    @property
    def questions(self) -> Locator:
        """Everything this person has asked, on the path that is shown."""
        return self.log.get_by_role("article", name="You")

    @property
    def conversations(self) -> Locator:
        """The links of the sidebar."""
        return self.page.get_by_role("navigation", name="Conversations").get_by_role("link")

    def button(self, name: str) -> Locator:
        """A button by its whole name."""
        return self.page.get_by_role("button", name=name, exact=True)

    async def send(self, content: str) -> None:
        """Type and press Enter."""
        await self.message.fill(content)
        await self.message.press("Enter")

    async def ask(self, content: str) -> str:
        """Send, wait for the whole answer, and return its text."""
        before = await self.answers.count()
        await self.send(content)
        answer = self.answers.nth(before)
        await expect(answer.get_by_role("button", name="Details")).to_be_visible()
        return await answer.inner_text()

    async def edit(self, old: str, new: str) -> None:
        """Ask in other words."""
        question = self.questions.filter(has_text=old)
        await question.hover()
        await question.get_by_role("button", name="Edit").click()
        await self.page.get_by_role("textbox", name="Edit message").fill(new)
        await self.button("Save and send").click()
        await expect(self.questions.last.locator(".bubble")).to_have_text(new)
