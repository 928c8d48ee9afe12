"""A server of our own on loopback, in its own process, for clients that are not ours."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager

MAIN = [sys.executable, "-c", "from asobna.outputs.cli import main; main()"]
PATIENCE_SECONDS = 90


def free_port():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return server.getsockname()[1]


@contextmanager
def server(*flags):
    """Address of a running `asobna serve`, without a closing slash; its log is in `.log`."""
    port = free_port()
    process = subprocess.Popen(
        [*MAIN, "serve", "--port", str(port), *flags],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "NO_PROXY": "*"},
    )  # fmt: skip
    address = Address(f"http://127.0.0.1:{port}", process)
    try:
        _wait(address)
        yield address
    finally:
        process.terminate()
        try:
            process.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()


class Address(str):
    """An address with the process behind it."""

    def __new__(cls, text, process):
        made = super().__new__(cls, text)
        made.process = process
        return made

    @property
    def port(self):
        return int(self.rsplit(":", 1)[1])


def _wait(address):
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        if address.process.poll() is not None:
            raise RuntimeError(address.process.stderr.read())
        try:
            with urllib.request.urlopen(f"{address}/v2/healthcheck", timeout=5) as answer:
                assert answer.read() == b"OK"
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the server did not start")
