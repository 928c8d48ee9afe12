"""On the wire: who falls silent stops nobody else, and no answer tells the server's clock."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from gunicorn.config import Config

from asobna_rounds.attacks.rehearsal import Rehearsal
from asobna_rounds.attacks.wire import Server, WireVisitor
from asobna_rounds.ballot_box.server import PATIENCE_SECONDS, THREADS, PatientWorker
from asobna_rounds.durable import utc_day

HALF = (
    b"POST /en/ballot HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\n\r\nticket="
)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    rehearsal = Rehearsal(tmp_path / "r", 3, opens=utc_day())
    rehearsal.issue()
    found = Server(rehearsal.folders.box, tmp_path / "surroundings")
    found.start()
    yield found
    found.stop()


def half_send(stack: ExitStack, port: int, count: int) -> None:
    for _ in range(count):
        line = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
        line.sendall(HALF)


def test_sixteen_half_sent_forms_do_not_stop_the_others(server: Server) -> None:
    with ExitStack() as stack:
        half_send(stack, server.port, 16)
        visitor = WireVisitor(server.port)
        assert "Asobna" in visitor.get("/be/")
        assert visitor.status == 200
        assert THREADS > 16


@pytest.mark.slow
def test_more_than_there_are_threads_are_cut_off_and_the_others_answered(server: Server) -> None:
    with ExitStack() as stack:
        half_send(stack, server.port, THREADS + 6)
        line = stack.enter_context(socket.create_connection(("127.0.0.1", server.port)))
        line.settimeout(2 * PATIENCE_SECONDS)
        line.sendall(b"GET /en/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert line.recv(12) == b"HTTP/1.1 200"


@pytest.mark.parametrize(("waited", "cut"), [(PATIENCE_SECONDS + 1, True), (1, False)])
def test_a_request_that_takes_too_long_is_cut_off(waited: float, cut: bool) -> None:
    class Line:
        """What the worker knows of a connection: its socket."""

        def __init__(self, sock: socket.socket) -> None:
            self.sock = sock

    worker = PatientWorker(0, os.getpid(), [], None, 30, Config(), None)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        worker._begun[Line(ours)] = time.monotonic() - waited
        worker.cut_off()
        theirs.setblocking(False)
        if cut:
            assert theirs.recv(1) == b""
        else:
            with pytest.raises(BlockingIOError):
                theirs.recv(1)
    worker.tmp.close()


@pytest.mark.parametrize("path", ["/", "/be/", "/style.css", "/be/nothing"])
def test_no_answer_tells_the_time_or_the_software(server: Server, path: str) -> None:
    visitor = WireVisitor(server.port)
    visitor.get(path)
    assert {"date", "server", "last-modified", "expires", "age"} & set(visitor.answered) == set()
    assert {"cache-control", "content-type"} <= set(visitor.answered)
