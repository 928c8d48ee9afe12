"""Clients that send slowly, too much, or nothing must not stop the others."""

import json
import socket
import threading
import time
import urllib.parse
import urllib.request
from pathlib import Path

import pytest
from served import server

pytestmark = pytest.mark.slow
SLOW = 200


@pytest.fixture(scope="module")
def address():
    with server(
        "--lang", "en", "--limit", "header_seconds=2", "--limit", "body_seconds=2"
    ) as found:
        yield found


def answered(address, text="Belorussia voted.", timeout=30):
    body = urllib.parse.urlencode({"text": text, "language": "en"}).encode()
    with urllib.request.urlopen(f"{address}/v2/check", body, timeout=timeout) as answer:
        return json.loads(answer.read())


def test_slow_heads_and_bodies_are_closed_while_others_are_answered(address):
    head = b"POST /v2/check HTTP/1.1\r\nHost: localhost\r\n"
    held = [socket.create_connection(("127.0.0.1", address.port)) for _ in range(SLOW)]
    for number, client in enumerate(held):
        client.sendall(head + (b"Content-Length: 10\r\n\r\nte" if number % 2 else b"X-A: "))
    assert len(answered(address)["matches"]) == 1
    until = time.monotonic() + 20
    closed = 0
    for number, client in enumerate(held):
        client.settimeout(max(0.1, until - time.monotonic()))
        received = b"".join(iter(lambda client=client: client.recv(4096), b""))
        closed += 1
        assert received.startswith(b"HTTP/1.1 408") if number % 2 else received == b""
        client.close()
    assert closed == SLOW


def test_a_body_of_100_megabytes_is_refused_and_takes_no_memory(address):
    def resident():
        return int(Path(f"/proc/{address.process.pid}/statm").read_text().split()[1]) * 4096

    before = resident()
    told = socket.create_connection(("127.0.0.1", address.port))
    told.sendall(b"POST /v2/check HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000000\r\n\r\n")
    assert told.recv(100).startswith(b"HTTP/1.1 413")
    untold = socket.create_connection(("127.0.0.1", address.port))
    untold.sendall(
        b"POST /v2/check HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    part = b"f4240\r\n" + b"a" * 1_000_000 + b"\r\n"
    sent = 0
    try:
        for _ in range(100):
            untold.sendall(part)
            sent += 1
    except OSError:
        pass
    assert sent < 60
    assert len(answered(address)["matches"]) == 1
    assert resident() - before < 80e6


def test_a_long_text_in_a_thread_does_not_hold_up_short_ones(address):
    long = "Officials in Minsk said that the talks had been useful.\n" * 60_000
    done = threading.Thread(target=answered, args=(address, long, 120))
    done.start()
    times = []
    while done.is_alive() and len(times) < 200:
        start = time.perf_counter()
        assert len(answered(address)["matches"]) == 1
        times.append(time.perf_counter() - start)
    done.join(120)
    assert len(times) > 5
    assert sorted(times)[len(times) // 2] < 2
