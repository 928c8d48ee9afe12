"""The process that serves one round without leaving a trace."""

from __future__ import annotations

import os
import resource
import socket
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from gunicorn.app.base import BaseApplication
from gunicorn.http import wsgi
from gunicorn.workers.gthread import ThreadWorker

from asobna_rounds.ballot_box.box import LEDGER, Box
from asobna_rounds.ballot_box.web import application
from asobna_rounds.durable import memory_folder
from asobna_rounds.errors import BoxError
from asobna_rounds.ledger import Ledger

THREADS = 64
"""Requests read at the same time. Reading is waiting; the ballots themselves have one writer."""
PATIENCE_SECONDS = 60
"""How long one request may take to arrive, on however bad a line, before it is cut off."""


class QuietResponse(wsgi.Response):
    """gunicorn's response without the time of the server's clock and the name of its software.

    A clock is a mark: its drift, seen here and at an address in the open, joins the two
    (Murdoch, "Hot or Not", CCS 2006).
    """

    def default_headers(self) -> list[str]:
        """The status line and how the connection goes on."""
        return [h for h in super().default_headers() if not h.startswith(("Date:", "Server:"))]


class PatientWorker(ThreadWorker):
    """gunicorn's threaded worker, in which nobody holds a thread for ever.

    gunicorn waits without end for the rest of a request that has begun: a few half-sent forms
    would stop the round for everybody. Here a request that has not arrived after
    `PATIENCE_SECONDS` is cut off, whether its sender fell silent or drips.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._begun: dict[Any, float] = {}

    def handle(self, conn: Any) -> Any:
        """Answer one request; runs in a thread of its own."""
        self._begun[conn] = time.monotonic()
        try:
            return super().handle(conn)
        finally:
            del self._begun[conn]

    def murder_keepalived(self, *args: Any, **kwargs: Any) -> None:
        """Called once a second by the main thread; here it also cuts off what takes too long."""
        super().murder_keepalived(*args, **kwargs)
        self.cut_off()

    def cut_off(self) -> None:
        """Cut off every request that has been arriving for more than `PATIENCE_SECONDS`."""
        latest = time.monotonic() - PATIENCE_SECONDS
        for conn, begun in list(self._begun.items()):
            if begun < latest:
                with suppress(OSError):
                    conn.sock.shutdown(socket.SHUT_RDWR)


class _Server(BaseApplication):
    """gunicorn with one worker process: ticket keys live in its memory only."""

    def __init__(self, folder: Path, bind: str) -> None:
        self._folder, self._bind = folder, bind
        super().__init__()

    def load_config(self) -> None:
        """One worker, a few threads, no log of any kind."""
        chosen = {
            "bind": self._bind,
            "workers": 1,
            "worker_class": PatientWorker,
            "threads": THREADS,
            "accesslog": None,
            "errorlog": os.devnull,
            "loglevel": "critical",
            "disable_redirect_access_to_syslog": True,
            "worker_tmp_dir": memory_folder(),
            "limit_request_line": 2048,
            "umask": 0o077,
            "control_socket_disable": True,
        }
        for name, value in chosen.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> Any:
        """Called in the worker."""
        return application(Box(self._folder))


def serve(folder: Path, bind: str) -> None:
    """Serve a round until stopped. `bind` is "127.0.0.1:8000" or "unix:/path".

    Refuses an address that is not of this machine: an onion service or a proxy stands before it.
    Raises BoxError, and LedgerError when the ledger beside the round is damaged.
    """
    host = bind.rpartition(":")[0]
    if not bind.startswith("unix:") and host not in ("127.0.0.1", "[::1]", "localhost"):
        raise BoxError(
            f"{bind}: serve on 127.0.0.1 or a unix socket, and let the onion service connect to it"
        )
    Box(folder)
    Ledger.open(folder / LEDGER)  # a damaged one is said here, not found out by visitors
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    wsgi.Response = QuietResponse  # type: ignore[misc]
    _Server(folder, bind).run()
