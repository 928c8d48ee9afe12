"""A ballot box as a process of its own on loopback, and visitors who reach it over a socket."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlencode

from asobna_rounds.errors import BoxError

START_SECONDS = 30
ANSWER_SECONDS = 20


def _free_port() -> int:
    """A free port below those the system lends to clients.

    A client that knocks while the server is down can be lent the very port it knocks at, connect
    to itself, and keep the server from coming back.
    """
    while True:
        port = secrets.choice(range(20_000, 32_000))
        with socket.socket() as found, suppress(OSError):
            found.bind(("127.0.0.1", port))
            return port


class Server:
    """`asobna-rounds serve` in its own process group, with its own home and temporary folder."""

    def __init__(self, folder: Path, surroundings: Path) -> None:
        self._folder = folder
        self._surroundings = surroundings
        self.port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers. Raises BoxError when it does not."""
        places = {name: self._surroundings / name.lower() for name in ("HOME", "TMPDIR")}
        for path in places.values():
            path.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "asobna_rounds.cli", "serve", str(self._folder)]
        with (self._surroundings / "terminal.txt").open("ab") as terminal:
            self._process = subprocess.Popen(
                [*command, "--bind", f"127.0.0.1:{self.port}"],
                cwd=self._surroundings,
                env={**os.environ, **{name: str(path) for name, path in places.items()}},
                stdout=terminal,
                stderr=terminal,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            try:
                WireVisitor(self.port).get("/")
            except (OSError, HTTPException):
                time.sleep(0.05)
            else:
                return
        self.kill()
        raise BoxError(f"the server did not answer within {START_SECONDS} s (START_SECONDS)")

    def kill(self) -> None:
        """`kill -9` to the server and its worker, as a power cut would."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def stop(self) -> None:
        """End it in order."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(START_SECONDS)
            self._process = None


class WireVisitor:
    """As `person.Visitor`, but over a socket, with an address and headers of its own."""

    def __init__(
        self,
        port: int,
        language: str = "en",
        headers: Mapping[str, str] | None = None,
        address: str = "127.0.0.1",
    ) -> None:
        self._port = port
        self.language = language
        self._headers = dict(headers or {})
        self._address = address
        self.status = 0
        self.html = ""
        self.answered: dict[str, str] = {}

    def get(self, path: str) -> str:
        """The page at a path."""
        return self.request("GET", path, b"", {})

    def send(self, fields: Mapping[str, str]) -> str:
        """Send the ballot form."""
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.request("POST", f"/{self.language}/ballot", urlencode(fields).encode(), form)

    def request(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> str:
        """Any request. Raises OSError or HTTPException when the server is gone."""
        connection = HTTPConnection(
            "127.0.0.1",
            self._port,
            timeout=ANSWER_SECONDS,
            source_address=(self._address, 0),
        )
        try:
            connection.request(method, path, body, {**self._headers, **headers})
            response = connection.getresponse()
            self.status = response.status
            self.answered = {name.lower(): value for name, value in response.getheaders()}
            self.html = response.read().decode(errors="replace")
        finally:
            connection.close()
        return self.html
