"""The answer while the app is down: in which form, for whom, and with everything escaped."""

import json
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoreload.core import page
from autoreload.core.page import Problem
from autoreload.core.protocol import Message
from autoreload.core.request import Request

ROOT = "/home/me/shop"
TRACE = f"""Traceback (most recent call last):
  File "{ROOT}/app.py", line 3, in <module>
    import views
  File "{ROOT}/.venv/lib/python3.12/site-packages/x.py", line 7, in load
    go()
  File "{ROOT}/views.py", line 2, in <module>
    print(1 < "a" & 'b')
TypeError: '<' not supported
"""
FAILED = {
    "kind": "TypeError",
    "text": "'<' not supported",
    "path": f"{ROOT}/views.py",
    "line": 2,
    "first": 1,
    "source": "import os\nprint(1 < \"a\" & 'b')\n",
    "trace": TRACE,
}


def problem() -> Problem:
    return page.problem("app.py", 1, root=ROOT, failed=Message("failed", 7, dict(FAILED)))


def asked(accept: str = "", method: str = "GET", **headers: str) -> Request:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Request(method, "/", {"accept": accept, **named} if accept else named)


def answer(request: Request, problem: Problem, *, is_local: bool = True) -> tuple[str, str]:
    """Head and body; the head tells the truth about the body."""
    head, _, body = page.respond(request, problem, is_local=is_local).partition(b"\r\n\r\n")
    told = re.search(rb"Content-Length: (\d+)", head)
    assert told is not None
    assert request.method == "HEAD" or int(told[1]) == len(body)
    assert head.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
    for line in ("Retry-After: 1", "Cache-Control: no-store", "Connection: close"):
        assert f"\r\n{line}" in head.decode()
    return head.decode(), body.decode()


class Seen(HTMLParser):
    """What a browser makes of a page: the elements, and the text outside of style and script."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self._inside = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        self._inside = tag

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside not in ("style", "script"):
            self.text += data


def test_a_terminal_gets_the_traceback() -> None:
    head, body = answer(asked("*/*"), problem())
    assert "Content-Type: text/plain; charset=utf-8" in head
    assert body == (
        f"app.py is not running\n\n{TRACE}\nautorun starts it again when a file is saved\n"
    )


def test_a_program_gets_names() -> None:
    head, body = answer(asked("application/json"), problem())
    assert "Content-Type: application/json" in head
    assert json.loads(body)["error"] == {
        "target": "app.py",
        "type": "TypeError",
        "message": "'<' not supported",
        "file": f"{ROOT}/views.py",
        "line": 2,
        "traceback": TRACE,
    }


def test_a_browser_gets_file_line_source_and_traceback() -> None:
    head, body = answer(asked("text/html"), problem())
    assert "Content-Type: text/html; charset=utf-8" in head
    assert "Content-Security-Policy: default-src 'none'" in head
    seen = Seen(body)
    assert "TypeError: '<' not supported" in seen.text
    assert "views.py:2" in seen.text
    assert TRACE.rstrip() in seen.text
    assert ("value", "2") in seen.attributes
    assert '<li class="here" value="2"><code>print(1 &lt; &quot;a&quot; &amp; ' in body
    # The frames of the project stand out, not those of what is installed below it.
    own = re.findall(r"<b>(.*?)</b>", body)
    assert ["app.py" in own[0], "views.py" in own[1], len(own)] == [True, True, 2]


def test_a_page_takes_nothing_from_elsewhere() -> None:
    _, body = answer(asked("text/html"), problem())
    names = ("src", "href", "action", "srcset")
    sources = [value for name, value in Seen(body).attributes if name in names]
    assert sources == ["data:,"]
    assert "url(" not in body
    assert "@import" not in body
    assert "prefers-color-scheme: dark" in body


@pytest.mark.parametrize(("method", "again"), [("GET", "true"), ("POST", "false")])
def test_only_what_can_be_asked_twice_is_loaded_again(method: str, again: str) -> None:
    _, body = answer(asked("text/html", method), problem())
    assert ("data-again", again) in Seen(body).attributes


def test_head_has_no_body() -> None:
    head, body = answer(asked("text/html", "HEAD"), problem())
    assert body == ""
    assert "Content-Length: 0" not in head


@pytest.mark.parametrize(
    ("is_local", "headers"),
    [
        (False, {}),
        (True, {"x_forwarded_for": "203.0.113.5"}),
        (True, {"host": "evil.example.com"}),
    ],
)
@pytest.mark.parametrize("accept", ["text/html", "application/json", "*/*"])
def test_others_are_told_nothing(is_local: bool, headers: dict[str, str], accept: str) -> None:
    request = asked(accept, **headers)
    head, body = answer(request, problem(), is_local=is_local)
    assert body == "the app is not running\n"
    assert "text/plain" in head
    waits = asked(accept, x_autorun_wait="1", **headers)
    assert not page.may_wait(waits, is_local=is_local)


def test_a_page_of_ours_may_wait() -> None:
    assert page.may_wait(asked(x_autorun_wait="1"), is_local=True)
    assert not page.may_wait(asked(), is_local=True)
    assert page.waiting().startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"\r\nX-Autorun-Wait: 1\r\n" in page.waiting()
    assert b"\r\nTransfer-Encoding: chunked\r\n" in page.waiting()
    # The word, and not the end alone, which a browser may not tell from a connection cut off.
    assert '!== "again"' in page.as_html(problem(), again=True)
    assert page.waited() == b"5\r\nagain\r\n0\r\n\r\n"


@pytest.mark.parametrize(
    ("code", "usage", "expected"),
    [
        (3, "", "uvicorn main:app ended with exit code 3; its output is in the terminal"),
        (-11, "", "uvicorn main:app was killed by SIGSEGV; its output is in the terminal"),
        (2, "no module named 'mian', did you mean 'main'?", None),
    ],
)
def test_without_an_exception_the_end_is_told(code: int, usage: str, expected: str | None) -> None:
    found = page.problem("uvicorn main:app", code, root=ROOT, usage=usage)
    assert found.summary == (expected or usage)
    assert found.place == ""
    for accept in ("text/html", "application/json", "*/*"):
        assert (expected or usage).replace("'", "") in re.sub(
            "'|&#39;", "", answer(asked(accept), found)[1]
        )


@given(st.dictionaries(st.sampled_from(sorted(FAILED)), st.text(st.characters(codec=None))))
def test_nothing_of_the_error_becomes_part_of_the_page(fields: dict[str, str]) -> None:
    fields = {name: text for name, text in fields.items() if name not in ("line", "first")}
    empty = {"kind": "K", "text": "T", "path": "P", "line": 1, "first": 1, "source": "S"}
    plain = page.problem("a", 1, root=ROOT, failed=Message("failed", 1, {**empty, "trace": "T"}))
    hostile = Message(
        "failed", 1, {**empty, "trace": "T", **{k: v + "x" for k, v in fields.items()}}
    )
    found = page.problem("a", 1, root=ROOT, failed=hostile)
    tags = [set(Seen(page.as_html(one, again=True)).tags) for one in (plain, found)]
    assert tags[1] - {"b"} == tags[0] - {"b"}
    for accept in ("text/html", "application/json", "*/*"):
        answer(asked(accept), found)


def test_markup_in_the_error_is_shown_as_text() -> None:
    evil = "</pre><script>alert(1)</script>\"'{title}\x1b[31m\udcff"
    found = Problem(evil, evil, kind=evil, path=evil, line=1, source=evil, first=1, trace=evil)
    body = answer(asked("text/html"), found)[1]
    assert body.count("<script>") == 1
    assert Seen(body).text.count("<script>alert(1)</script>\"'{title}") == 8
    assert "\x1b" not in body
    assert "\x1b" not in answer(asked("*/*"), found)[1]
