"""What may stand in a rendered text, told anew here and not read from the sanitiser, and who watches the browser."""

from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import BrowserContext, Dialog, Page

WATCH = """
window.__violations = [];
document.addEventListener('securitypolicyviolation', (event) => window.__violations.push(
    `${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
"""

# `strict` is for HTML that stands as it was rendered; else the elements of the live view have NiceGUI's own ids.
AUDIT = r"""([selector, strict]) => {
    const attributes = {
        a: ['href', 'title', 'target', 'rel', 'class'], ol: ['start'], button: ['type', 'aria-label', 'title', 'class'],
        div: ['class'], span: ['class'], p: ['class'], th: ['class'], td: ['class'],
    };
    const tags = new Set(('p br hr h1 h2 h3 h4 h5 h6 blockquote ul ol li em strong s a code pre span div button var '
        + 'sup sub table thead tbody tr th td').split(' '));
    const words = new Set(('md-block code code-head table code-lang link-host math math-display frac root code-copy '
        + 'code-wrap code-diagram image-link plain align-left align-center align-right').split(' '));
    const faults = [];
    for (const root of document.querySelectorAll(selector)) for (const element of root.querySelectorAll('*')) {
        const tag = element.localName;
        const fault = (what) => faults.push(`${what}: ${element.outerHTML.slice(0, 200)}`);
        if (!tags.has(tag) || element.namespaceURI !== 'http://www.w3.org/1999/xhtml') fault('element');
        for (const { name, value } of element.attributes) {
            if (!strict && name === 'class' && value.replaceAll('nicegui-html', '').trim() === '') continue;
            if (!strict && name === 'id') {
                if (!/^c\d+$/.test(value) || document.querySelectorAll(`#${value}`).length !== 1) fault('id');
            } else if (!(attributes[tag] ?? []).includes(name)) fault(`attribute ${name}`);
        }
        for (const word of element.classList) {
            const token = tag === 'span' && /^[a-z][a-z0-9]{0,2}$/.test(word);
            if (!token && !words.has(word) && (strict || word !== 'nicegui-html')) fault(`class ${word}`);
        }
        if (tag === 'button' && element.type !== 'button') fault('button that submits');
        if (tag === 'a') {
            const href = element.getAttribute('href');
            const decoded = decodeURIComponent((href ?? '').replace(/%(?![0-9a-f]{2})/gi, ''));
            const plain = decoded.replace(/[\s\0-\x20]/g, '');
            if (href !== null && !/^(https?:\/\/|mailto:)/i.test(plain)) fault('address');
            if (href !== null && !['http:', 'https:', 'mailto:'].includes(element.protocol)) fault('protocol');
            if (element.rel !== 'noopener noreferrer nofollow' || element.target !== '_blank') fault('rel');
        }
        if (['fixed', 'sticky'].includes(getComputedStyle(element).position)) fault('position');
    }
    return faults;
}"""

# Places that show a text as it is: nothing in it may become an element or an attribute.
INTERFACE = r"""([selector, tags, attributes]) => [...document.querySelectorAll(selector)].flatMap(
    (root) => [root, ...root.querySelectorAll('*')]).filter((element) => !tags.includes(element.localName)
    || [...element.attributes].some(({ name }) => !attributes.includes(name))
    || (element.localName === 'a' && !/^\/(c\/[0-9a-f-]{36})?$/.test(element.getAttribute('href')))
    || (element.id && !/^c\d+$/.test(element.id))).map((element) => element.outerHTML.slice(0, 200))"""


class Watch:
    """Collects dialogs, and requests to anything but the service at `url`."""

    def __init__(self, url: str) -> None:
        self.host = urlsplit(url).netloc
        self.dialogs: list[str] = []
        self.elsewhere: list[str] = []

    async def begin(self, context: BrowserContext) -> None:
        """From the next page load on, for all pages of this browser."""
        await context.add_init_script(WATCH)
        context.on("request", lambda request: self._asked(request.url))
        context.on("dialog", self._dialog)
        context.on("page", self._page)
        for page in context.pages:
            self._page(page)

    def _page(self, page: Page) -> None:
        page.on("websocket", lambda socket: self._asked(socket.url))

    def _asked(self, url: str) -> None:
        parts = urlsplit(url)
        # The style sheets of the frame carry small pictures as data.
        if parts.netloc != self.host and not url.startswith("data:image/svg+xml"):
            self.elsewhere.append(url)

    async def _dialog(self, dialog: Dialog) -> None:
        self.dialogs.append(dialog.message)
        await dialog.dismiss()

    async def traces(self, page: Page) -> dict[str, Any]:
        """Everything that anything has done; empty when nothing has."""
        ran = await page.evaluate("[window.__xss, window.__violations]")
        found = {"ran": ran[0], "violations": ran[1], "dialogs": self.dialogs, "elsewhere": self.elsewhere}
        return {name: value for name, value in found.items() if value}
