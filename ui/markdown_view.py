"""A reply that grows on the page: closed parts are sent once, only the tail is sent again.

The one place that puts HTML into the page; all of it comes out of `ui.sanitize`.
"""

from dataclasses import dataclass, field

from nicegui import ui

from ui.markdown import Renderer
from ui.markdown_block import Block
from ui.markdown_blocks import Blocks
from ui.markdown_repair import repair
from ui.markdown_rules import CodeLabels

_PART_TAGS = {"text": "span", "plain": "span", "code": "span", "list": "li", "table": "tr"}


def safe_html(html: str, tag: str = "div") -> ui.html:
    """An element around HTML that `ui.sanitize` has let through."""
    return ui.html(html, sanitize=False, tag=tag)


@dataclass(slots=True)
class _Shown:
    """The elements of one block: its outermost one, what holds the parts, and the parts."""

    kind: str
    root: ui.element
    holder: ui.element
    parts: list[ui.html] = field(default_factory=list)
    done: int = 0
    closed: bool = False


class MarkdownView:
    """Feed text, call `show` some times a second and `finish` at the end."""

    def __init__(self, labels: CodeLabels) -> None:
        self.root = ui.element("div").classes("prose")
        self.blocks = Blocks()
        self.renderer = Renderer(labels, self.blocks.env)
        self._shown: list[_Shown] = []

    def feed(self, text: str) -> None:
        """Append text; nothing is shown yet."""
        self.blocks.feed(text)

    def show(self) -> None:
        """Bring the page up to date."""
        with self.root:
            for index in range(max(0, len(self._shown) - 1), len(self.blocks.blocks)):
                self._show(index)

    def finish(self) -> None:
        """Show the end; a link definition may have come after the links that need it."""
        self.blocks.finish()
        if self.blocks.env.get("references"):
            for shown in self._shown:
                shown.done, shown.closed = 0, False
            with self.root:
                for index in range(len(self._shown)):
                    self._show(index)
        self.show()

    def _show(self, index: int) -> None:
        block = self.blocks.blocks[index]
        if index < len(self._shown) and self._shown[index].kind != block.kind:
            self._shown.pop(index).root.delete()
        if index == len(self._shown):
            self._shown.append(self._build(block))
        shown = self._shown[index]
        if shown.closed:
            return
        shown.closed = block.closed
        if block.kind in ("flow", "math"):
            source = "".join(block.parts) + block.tail
            whole = block.closed or block.kind == "math"
            html = self.renderer.part(block, source if whole else repair(source), growing=not block.closed)
            _set(shown.parts[0], html)
        elif block.kind == "code" and block.closed:
            self._parts(shown, block, ["".join(block.parts)])
        else:
            self._parts(shown, block, block.parts + self._tail(block))

    @staticmethod
    def _tail(block: Block) -> list[str]:
        if block.kind in ("code", "plain"):
            last = block.tail.rpartition("\n")[2]
            # Backticks alone on the last line are most likely the closing fence.
            tail = block.tail if last.strip("`~ ") else block.tail.removesuffix(last)
            return [tail] if tail else []
        tail = block.tail if block.closed or block.kind == "table" else repair(block.tail)
        return [tail] if tail.strip() else []

    def _parts(self, shown: _Shown, block: Block, sources: list[str]) -> None:
        """Give every part its element; those before `done` have not changed since."""
        if block.kind == "code" and block.closed:
            shown.done = 0
        while len(shown.parts) > len(sources):
            shown.parts.pop().delete()
        with shown.holder:
            for source in sources[shown.done :]:
                position = shown.done
                growing = position == len(block.parts) and not block.closed
                html = self.renderer.part(block, source, growing=growing)
                if position == len(shown.parts):
                    shown.parts.append(safe_html(html, _PART_TAGS[block.kind]))
                else:
                    _set(shown.parts[position], html)
                shown.done += 1
        shown.done = min(shown.done, len(block.parts))

    def _build(self, block: Block) -> _Shown:
        if block.kind in ("flow", "math"):
            html = safe_html("").classes("md-block")
            return _Shown(block.kind, html, html, [html])
        with ui.element("div").classes("md-block") as root:
            match block.kind:
                case "code":
                    with ui.element("div").classes("code"):
                        safe_html(self.renderer.head(block)).classes("code-head")
                        with ui.element("pre"):
                            holder = ui.element("code")
                case "table":
                    with ui.element("div").classes("table"), ui.element("table"):
                        with ui.element("thead"):
                            safe_html(self.renderer.head(block), "tr")
                        holder = ui.element("tbody")
                case "list" if block.start is None:
                    holder = ui.element("ul")
                case "list":
                    holder = ui.element("ol").props(f"start={block.start}")
                case _:
                    holder = ui.element("p").classes("plain" if block.kind == "plain" else "")
        return _Shown(block.kind, root, holder)


def _set(element: ui.html, html: str) -> None:
    if element.content != html:
        element.set_content(html)
