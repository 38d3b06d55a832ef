"""What is answered while the app is down: a 503 with the error, in the form that was asked for.

Whoever is not on this machine is told no more than that the app is down: a traceback shows source.
"""

from autoreload.core import wording, wording_outage
from autoreload.core.request import Kind

TYPE_CHECKING = False
if TYPE_CHECKING:
    from autoreload.core.protocol import Message
    from autoreload.core.request import Request

WAIT_HEADER = "X-Autorun-Wait"

_CONTROL = {
    number: "\ufffd" for number in (*range(32), *range(127, 160)) if chr(number) not in "\t\n"
}
_ESCAPED = {
    **_CONTROL,
    **str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"}),
}


class Problem:
    """Why the app is down, as far as it is known."""

    __slots__ = ("first", "kind", "line", "path", "root", "source", "text", "title", "trace")

    def __init__(
        self,
        title: str,
        text: str,
        *,
        kind: str = "",
        path: str = "",
        line: int = 0,
        source: str = "",
        first: int = 0,
        trace: str = "",
        root: str = "",
    ) -> None:
        self.title = title
        """What was run, as the lines of autorun call it."""
        self.text = text
        """The message of the exception, or how the app ended when nothing else is known."""
        self.kind = kind
        """The name of the exception; empty when there was none, or none is known."""
        self.path = path
        self.line = line
        self.source = source
        """Some lines around the line, the first of which has the number `first`."""
        self.first = first
        self.trace = trace
        self.root = root
        """Where autorun was started; paths below it are shown relative to it."""

    @property
    def summary(self) -> str:
        """The last line of a traceback."""
        return ": ".join(part for part in (self.kind, self.text) if part)

    @property
    def place(self) -> str:
        """Path and line, as they can be clicked on or pasted; empty when there is none."""
        shown = wording.path_shown(self.path, self.root)
        return f"{shown}:{self.line}" if self.path and self.line else shown


def problem(
    title: str, code: int, *, root: str, usage: str = "", failed: "Message | None" = None
) -> Problem:
    """What is known of a run that ended with this code: the more telling, the better."""
    if failed is not None:
        return Problem(
            title,
            failed.text("text"),
            kind=failed.text("kind"),
            path=failed.text("path"),
            line=int(failed.number("line")),
            source=failed.text("source"),
            first=int(failed.number("first")),
            trace=failed.text("trace"),
            root=root,
        )
    return Problem(title, usage or wording_outage.ended_on_page(title, code), root=root)


def respond(request: "Request", problem: Problem, *, is_local: bool) -> bytes:
    """The answer to a request; `is_local` says whether the other end is on this machine."""
    if not (is_local and request.is_from_here):
        return _response(request, Kind.PLAIN, wording_outage.PAGE_FOR_OTHERS + "\n")
    match request.kind:
        case Kind.HTML:
            body = as_html(problem, again=request.method in ("GET", "HEAD"))
        case Kind.JSON:
            body = as_json(problem)
        case Kind.PLAIN:
            body = as_text(problem)
    return _response(request, request.kind, body)


def waiting() -> bytes:
    """The beginning of the answer to a page that waits; `waited` is its end."""
    headers = (*_ALWAYS, f"{WAIT_HEADER}: 1", "Transfer-Encoding: chunked")
    return _head("200 OK", headers)


def waited() -> bytes:
    """The end of an answer that began with `waiting`: the next run begins."""
    return b"5\r\nagain\r\n0\r\n\r\n"


def may_wait(request: "Request", *, is_local: bool) -> bool:
    """Whether a request is to be left open until the next run begins."""
    return request.waits and is_local and request.is_from_here


def as_text(problem: Problem) -> str:
    """For a terminal: the traceback, or what else is known, and how it goes on."""
    parts = [wording_outage.page_title(problem.title)]
    parts.append(problem.trace.rstrip("\n") or problem.summary)
    parts.append(wording_outage.TEXT_WAITS)
    return "\n\n".join(parts).translate(_CONTROL) + "\n"


def as_json(problem: Problem) -> str:
    """For a program: the same, by names."""
    import json  # only for a client that asks for it

    error = {
        "target": problem.title,
        "type": problem.kind,
        "message": problem.text,
        "file": problem.path,
        "line": problem.line,
        "traceback": problem.trace,
    }
    return json.dumps({"error": {name: value or None for name, value in error.items()}}) + "\n"


def as_html(problem: Problem, *, again: bool) -> str:
    """For a browser: a page that shows itself anew (`again`) when the app is back, or says so."""
    parts = [f"<h1>{_kind(problem)}{escaped(problem.text)}</h1>"]
    if problem.path:
        parts.append(f'<p class="place">{escaped(problem.place)}</p>')
    if problem.source:
        parts.append(_excerpt(problem))
    if problem.trace:
        parts.append(f'<h2>Traceback</h2>\n<pre class="trace">{_trace(problem)}</pre>')
    return _PAGE.format(
        title=escaped(problem.summary.partition("\n")[0][:200]),
        head=escaped(wording_outage.page_title(problem.title)),
        body="\n".join(parts),
        waits=escaped(wording_outage.PAGE_WAITS),
        alone=escaped(wording_outage.PAGE_ALONE),
        back=escaped(wording_outage.PAGE_BACK),
        again="true" if again else "false",
        style=_STYLE,
        script=_SCRIPT,
    )


def escaped(text: str) -> str:
    """A text as it may stand in a page, in quotes or not."""
    return text.translate(_ESCAPED)


def _kind(problem: Problem) -> str:
    return f'<span class="kind">{escaped(problem.kind)}:</span> ' if problem.kind else ""


def _excerpt(problem: Problem) -> str:
    rows = []
    for number, line in enumerate(problem.source.split("\n"), start=problem.first):
        mark = ' class="here"' if number == problem.line else ""
        # The number is drawn by the style sheet: copied text is the source alone.
        rows.append(f'<li{mark} value="{number}"><code>{escaped(line)}</code></li>')
    return f'<ol class="source">{"".join(rows)}</ol>'


def _trace(problem: Problem) -> str:
    """The traceback with the frames of the project set off from those of libraries."""
    shown = []
    own = f'  File "{problem.root.rstrip("/")}/' if problem.root else "\n"
    for line in problem.trace.rstrip("\n").split("\n"):
        is_own = line.startswith(own) and "site-packages" not in line
        shown.append(f"<b>{escaped(line)}</b>" if is_own else escaped(line))
    return "\n".join(shown)


_ALWAYS = (
    "Retry-After: 1",
    "Cache-Control: no-store",
    "X-Content-Type-Options: nosniff",
    "Connection: close",
)
_POLICY = (
    "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; "
    "script-src 'unsafe-inline'; img-src data:; connect-src 'self'"
)


def _response(request: "Request", kind: Kind, text: str) -> bytes:
    # A path may hold surrogates: bytes that are no UTF-8 (PEP 383).
    body = text.encode("utf-8", "backslashreplace")
    headers = (f"Content-Type: {kind.value}; charset=utf-8", f"Content-Length: {len(body)}")
    policy = (_POLICY,) if kind is Kind.HTML else ()
    head = _head("503 Service Unavailable", (*headers, *_ALWAYS, *policy))
    return head if request.method == "HEAD" else head + body


def _head(status: str, headers: "tuple[str, ...]") -> bytes:
    return "\r\n".join((f"HTTP/1.1 {status}", *headers, "", "")).encode("ascii")


_STYLE = """
:root { color-scheme: light dark; --ink: #1f2328; --soft: #59636e; --back: #fff; --box: #f6f8fa;
  --edge: #d1d9e0; --bad: #b3261e; --here: #ffebe9; --good: #1a7f37 }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --soft: #9198a1; --back: #0d1117;
  --box: #151b23; --edge: #3d444d; --bad: #ff8f87; --here: #4a1d1c; --good: #3fb950 } }
* { box-sizing: border-box }
body { margin: 0; background: var(--back); color: var(--ink); border-top: 4px solid var(--bad);
  font: 16px/1.5 system-ui, sans-serif }
main { max-width: 64rem; margin: 0 auto; padding: 2rem 1.25rem 4rem }
.head { margin: 0; color: var(--soft) }
h1 { margin: .25rem 0 1rem; font-size: 1.5rem; line-height: 1.3; overflow-wrap: anywhere;
  white-space: pre-wrap; font-weight: 600 }
.kind { color: var(--bad) }
h2 { margin: 2rem 0 .5rem; font-size: 1rem; color: var(--soft); font-weight: 600 }
.place { margin: 0 0 .5rem }
.place, code, pre { font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace;
  font-size: .875rem }
.source, .trace { margin: 0; padding: .75rem 0; background: var(--box); overflow-x: auto;
  border: 1px solid var(--edge); border-radius: 6px; tab-size: 4 }
.trace { padding: .75rem 1rem; color: var(--soft) }
.trace b { color: var(--ink); font-weight: 600 }
.source { list-style: none }
.source li { display: flex; min-width: max-content; padding-right: 1rem; white-space: pre }
.source li::before { content: attr(value); flex: none; width: 4.5rem; padding-right: 1.25rem;
  text-align: right; color: var(--soft); user-select: none }
.source .here { background: var(--here); box-shadow: inset 4px 0 var(--bad) }
.waits { margin: 2rem 0 0; color: var(--soft) }
.waits::before { content: ""; display: inline-block; width: .6rem; height: .6rem;
  margin-right: .6rem; border-radius: 50%; background: var(--soft) }
.waits.open::before { background: var(--good) }
"""

# The answer to the waiting request begins at once, and ends in a word when the next run begins.
# Without the word autorun is gone (not every client tells an answer that was cut off from a whole
# one): a reload would lose the page, so it asks again until somebody answers.
_SCRIPT = """
const line = document.querySelector(".waits"), { waits, alone, back, again } = line.dataset;
async function wait() {
  for (;;) {
    try {
      const answer = await fetch(location.href,
        { headers: { "X-Autorun-Wait": "1" }, cache: "no-store", redirect: "manual" });
      if (answer.headers.has("X-Autorun-Wait")) {
        line.textContent = waits;
        line.classList.add("open");
        if (await answer.text() !== "again") throw new Error("autorun is gone");
      }
      break;
    } catch {
      line.textContent = alone;
      line.classList.remove("open");
      await new Promise(resolve => setTimeout(resolve, 1000));
    }
  }
  if (again === "true") location.reload();
  else line.textContent = back;
}
wait();
"""

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="data:,">
<style>{style}</style>
</head>
<body>
<main>
<p class="head">{head}</p>
{body}
<p class="waits" role="status" data-waits="{waits}" data-alone="{alone}" data-back="{back}"
  data-again="{again}">{waits}</p>
</main>
<script>{script}</script>
</body>
</html>
"""
