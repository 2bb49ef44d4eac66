"""The TeX that chat models mostly write, as HTML: letters, indices, fractions, roots, symbols.

What it does not know stays readable source. Everything is escaped; the sanitiser comes behind it anyway.
"""

import re
from collections.abc import Iterator

from markdown_it.common.utils import escapeHtml

MAX_DEPTH = 12
_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|[{}^_&~]|[A-Za-z]+|\s+|[^\\{}^_&~A-Za-z\s]+", re.DOTALL)
_GREEK = (
    "alpha α beta β gamma γ delta δ epsilon ε varepsilon ε zeta ζ eta η theta θ iota ι kappa κ lambda λ mu μ nu ν "
    "xi ξ pi π rho ρ sigma σ tau τ upsilon υ phi φ varphi φ chi χ psi ψ omega ω Gamma Γ Delta Δ Theta Θ Lambda Λ "
    "Xi Ξ Pi Π Sigma Σ Phi Φ Psi Ψ Omega Ω ell ℓ hbar ℏ"
).split()
_SIGNS = (
    "times × cdot · div ÷ pm ± mp ∓ le ≤ leq ≤ ge ≥ geq ≥ ne ≠ neq ≠ approx ≈ equiv ≡ sim ∼ propto ∝ infty ∞ sum ∑ "
    "prod ∏ int ∫ partial ∂ nabla ∇ to → rightarrow → leftarrow ← Rightarrow ⇒ Leftarrow ⇐ Leftrightarrow ⇔ "
    "mapsto ↦ in ∈ notin ∉ subset ⊂ subseteq ⊆ cup ∪ cap ∩ emptyset ∅ forall ∀ exists ∃ neg ¬ land ∧ lor ∨ ldots … "
    "dots … cdots ⋯ langle ⟨ rangle ⟩ lfloor ⌊ rfloor ⌋ lceil ⌈ rceil ⌉ mid ∣ parallel ∥ perp ⊥ angle ∠ circ ∘ "
    "oplus ⊕ otimes ⊗ star ⋆ prime ′ therefore ∴ because ∵"
).split()
_LETTERS = dict(zip(_GREEK[::2], _GREEK[1::2], strict=True))
_SYMBOLS = dict(zip(_SIGNS[::2], _SIGNS[1::2], strict=True))
_SPACES = {"quad": " ", "qquad": "  ", ",": " ", ";": " ", ":": " ", " ": " ", "!": "", "\\": " "}
_UPRIGHT = {"text", "mathrm", "operatorname", "mathbf", "textbf", "mathsf", "mathtt", "mathbb", "mathcal", "textit"}
_FUNCTIONS = set("log ln exp sin cos tan max min arg lim det dim ker sup inf softmax".split())
_SILENT = {"left", "right", "displaystyle", "limits", "big", "Big", "bigl", "bigr"}


class _Unknown(Exception):
    """Something that is better shown as source."""


def tex_html(tex: str, *, display: bool) -> str:
    """One formula in an element of its own."""
    try:
        tokens = _Tokens(tex)
        body = _group(tokens, 0)
        if tokens.peek() is not None:
            raise _Unknown
    except _Unknown:
        body = escapeHtml(tex)
    return f'<span class="{"math-display" if display else "math"}">{body}</span>'


class _Tokens:
    def __init__(self, tex: str) -> None:
        self._tokens: Iterator[str] = iter(_TOKEN.findall(tex))
        self._next = next(self._tokens, None)

    def peek(self) -> str | None:
        return self._next

    def take(self) -> str:
        piece, self._next = self._next, next(self._tokens, None)
        if piece is None:
            raise _Unknown
        return piece


def _group(tokens: _Tokens, depth: int) -> str:
    """Everything up to a closing brace or the end."""
    if depth > MAX_DEPTH:
        raise _Unknown
    parts: list[str] = []
    while (piece := tokens.peek()) is not None and piece != "}":
        tokens.take()
        if piece in ("^", "_"):
            tag = "sup" if piece == "^" else "sub"
            parts.append(f"<{tag}>{_argument(tokens, depth)}</{tag}>")
        else:
            parts.append(_one(piece, tokens, depth))
    return "".join(parts)


def _argument(tokens: _Tokens, depth: int) -> str:
    """A group in braces, or one character."""
    while (piece := tokens.take()).isspace():
        pass
    if piece == "{":
        body = _group(tokens, depth + 1)
        if tokens.take() != "}":
            raise _Unknown
        return body
    if len(piece) > 1 and not piece.startswith("\\") and not piece.isdigit():
        raise _Unknown
    return _one(piece, tokens, depth + 1)


def _one(piece: str, tokens: _Tokens, depth: int) -> str:
    if piece == "{":
        body = _group(tokens, depth + 1)
        tokens.take()
        return body
    if piece.startswith("\\"):
        return _command(piece[1:], tokens, depth)
    if piece in ("&", "~"):
        return " "
    if piece.isalpha() and piece.isascii():
        return f"<var>{piece}</var>"
    return " " if piece.isspace() else escapeHtml(piece)


def _command(name: str, tokens: _Tokens, depth: int) -> str:
    if name in _LETTERS:
        return f"<var>{_LETTERS[name]}</var>"
    if name in _SYMBOLS:
        return _SYMBOLS[name]
    if name in _SPACES:
        return _SPACES[name]
    if name in _FUNCTIONS:
        return name + " "
    if name in _SILENT:
        return ""
    if name in ("frac", "dfrac", "tfrac"):
        over, under = _argument(tokens, depth), _argument(tokens, depth)
        return f'<span class="frac"><span>{over}</span><span>{under}</span></span>'
    if name == "sqrt" and tokens.peek() != "[":
        return f'√<span class="root">{_argument(tokens, depth)}</span>'
    if name in _UPRIGHT:
        return re.sub(r"</?var>", "", _argument(tokens, depth))
    if len(name) == 1 and not name.isalpha():
        return escapeHtml(name)
    raise _Unknown
