"""Requests to the served application in this process, and its pages taken apart."""

from __future__ import annotations

import asyncio
import json
from html.parser import HTMLParser
from urllib.parse import urlencode

import pytest

import loops
from texts import english

pytest.importorskip("starlette")

from asobna.outputs.drafts import make_reference
from asobna.outputs.web.app import build_app
from asobna.outputs.web.limits import Limits

REFERENCE = make_reference(english())
PLACE = "The museum in Vitebsk, Russia."
NAME = "Belorussia voted."


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def text(self):
        return self.body.decode()

    @property
    def json(self):
        return json.loads(self.body)


def call(app, method, path, body=b"", **headers):
    """One request, as a server would hand it over: the body in two parts."""
    path, _, query = path.partition("?")
    given = {"host": "127.0.0.1:8081", "content_length": str(len(body)), **headers}
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method,
        "scheme": "http", "path": path, "raw_path": path.encode(), "query_string": query.encode(),
        "root_path": "", "server": ("127.0.0.1", 8081), "client": ("127.0.0.1", 9),
        "headers": [(k.replace("_", "-").encode(), str(v).encode()) for k, v in given.items()],
    }  # fmt: skip
    parts = [body[: len(body) // 2], body[len(body) // 2 :]]
    sent = []

    async def receive():
        if not parts:
            await asyncio.sleep(3600)
        part = parts.pop(0)
        return {"type": "http.request", "body": part, "more_body": bool(parts)}

    async def send(message):
        sent.append(message)

    loops.run(app(scope, receive, send))
    start = sent[0]
    answered = {k.decode(): v.decode() for k, v in start["headers"]}
    return Answer(start["status"], answered, b"".join(m.get("body", b"") for m in sent[1:]))


def small(**limits):
    return build_app(REFERENCE, Limits()._replace(**limits))


def form(app, path="/", **fields):
    body = urlencode(fields).encode()
    return call(app, "POST", path, body, content_type="application/x-www-form-urlencoded")


def upload(app, name, content, **headers):
    body = (
        b'--x\r\ncontent-disposition: form-data; name="file"; filename="' + name.encode() + b'"\r\n'
        b"\r\n" + content + b"\r\n--x--\r\n"
    )
    return call(app, "POST", "/", body, content_type="multipart/form-data; boundary=x", **headers)


def ask(app, **body):
    sent = json.dumps(body).encode()
    return call(app, "POST", "/api/v1/check", sent, content_type="application/json")


class Page(HTMLParser):
    """Tags with their attributes, and the text between them."""

    def __init__(self, source):
        super().__init__()
        self.tags, self.said = [], []
        self.feed(source)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.said.append(data)

    def having(self, **wanted):
        wanted = {k.rstrip("_").replace("_", "-"): v for k, v in wanted.items()}
        return [t for t in self.tags if wanted.items() <= t[1].items()]
