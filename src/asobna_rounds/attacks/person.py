"""A simulated participant: reads pages and sends forms as a browser without scripting does."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping
from html.parser import HTMLParser
from typing import Any, Protocol
from urllib.parse import urlencode

from asobna_rounds.ballot_box.guard import FORM
from asobna_rounds.ballot_box.web import Application


class Form(HTMLParser):
    """The form fields of one page: hidden values, radio groups with legends, checked values."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.hidden: dict[str, str] = {}
        self.groups: dict[str, list[str]] = {}
        self.checked: dict[str, str] = {}
        self.steps: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect one field."""
        given = {name: value or "" for name, value in attrs}
        name, value = given.get("name", ""), given.get("value", "")
        if tag == "button" and name == "step":
            self.steps.append(value)
        if tag != "input":
            return
        if given.get("type") == "hidden":
            self.hidden[name] = value
        elif given.get("type") == "radio":
            self.groups.setdefault(name, []).append(value)
            if "checked" in given:
                self.checked[name] = value


class Visitor:
    """Talks to one application in this process. `headers` are what a browser would reveal."""

    def __init__(
        self, app: Application, language: str = "en", headers: Mapping[str, str] | None = None
    ) -> None:
        self._app = app
        self.language = language
        self._headers = dict(headers or {})
        self.status = 0
        self.html = ""

    def get(self, path: str) -> str:
        """The page at a path."""
        return self._request("GET", path, b"")

    def send(self, fields: Mapping[str, str]) -> str:
        """Send the ballot form."""
        return self._request("POST", f"/{self.language}/ballot", urlencode(fields).encode())

    def _request(self, method: str, path: str, body: bytes) -> str:
        environ: dict[str, Any] = {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "QUERY_STRING": "",
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": io.StringIO(),
            "wsgi.url_scheme": "http",
            "CONTENT_TYPE": FORM if method == "POST" else "",
            **self._headers,
        }

        def start(status: str, _headers: list[tuple[str, str]]) -> None:
            self.status = int(status.split(maxsplit=1)[0])

        self.html = b"".join(self._app(environ, start)).decode()
        return self.html


class Sends(Protocol):
    """What a person needs of a visitor: the last page, and sending a form."""

    html: str

    def send(self, fields: Mapping[str, str]) -> str:
        """Send the ballot form; returns the page that answers."""


class Person:
    """Somebody with a code. `opinion` gives the vote ("1", "2", "3" or "") on a statement id."""

    def __init__(self, visitor: Sends, code: str, opinion: Callable[[str], str]) -> None:
        self._visitor = visitor
        self._code = code
        self._opinion = opinion
        self.form = Form("")

    def enter(self) -> bool:
        """Open the ballot with the code; whether it opened."""
        self.form = Form(self._visitor.send({"code": self._code}))
        return "ticket" in self.form.hidden

    def answer_page(self) -> bool:
        """Fill the page shown and go to the next; whether there was another page of statements."""
        given = {name: self._opinion(name[2:]) for name in self.form.groups if name[:2] == "v-"}
        following = next((s for s in self.form.steps if s.startswith("page-")), "")
        number = self._number()
        nexts = [s for s in self.form.steps if re.fullmatch(rf"page-{number + 1}", s)]
        following = nexts[0] if nexts else "polls"
        self.go(following, {k: v for k, v in given.items() if v})
        return bool(nexts)

    def go(self, step: str, fields: Mapping[str, str] | None = None) -> str:
        """Press a button with the given fields filled in."""
        sent = {"ticket": self.form.hidden.get("ticket", ""), "step": step, **(fields or {})}
        html = self._visitor.send(sent)
        self.form = Form(html)
        return html

    def _number(self) -> int:
        found = re.search(r"formaction=[^>]* value=\"page-(\d+)\"", self._visitor.html)
        return int(found[1]) if found else 1
