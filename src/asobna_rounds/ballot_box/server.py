"""The process that serves one round without leaving a trace."""

from __future__ import annotations

import os
import resource
from pathlib import Path
from typing import Any

from gunicorn.app.base import BaseApplication

from asobna_rounds.ballot_box.box import Box
from asobna_rounds.ballot_box.web import application
from asobna_rounds.durable import memory_folder
from asobna_rounds.errors import BoxError

THREADS = 4


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
            "worker_class": "gthread",
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
    Raises BoxError.
    """
    host = bind.rpartition(":")[0]
    if not bind.startswith("unix:") and host not in ("127.0.0.1", "[::1]", "localhost"):
        raise BoxError(
            f"{bind}: serve on 127.0.0.1 or a unix socket, and let the onion service connect to it"
        )
    Box(folder)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _Server(folder, bind).run()
