"""Load on `asobna serve`, on loopback, bounded: how long a paragraph takes, and what stays.

    python bench/serve.py               all parts, some minutes
    python bench/serve.py typing        one part

typing      50 people who all write at once: each client sends its paragraph of 2,000 characters once
            a second on average (0.5 to 1.5 s), as editors do while somebody types. This is the load
            that "50 concurrent clients" means in the documentation.
capacity    the same clients, faster and faster: the most paragraphs a second with p95 within 15 ms
saturation  50 clients that ask again at once: the most one server does, and what that waits
memory      100,000 requests, resident memory of the server before and after
siege       the typing clients, while 200 slow-loris connections and 100 MB bodies arrive

The server has every pack, as by default; the client names the language, as editors do, unless
--detect. Every paragraph is another one, half of its sentences name Belarus, and its words are drawn
from lists, so that nothing can be answered from memory. Times are from the first byte sent to the
last received, as the client sees them; client and server share the machine.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from pathlib import Path

CLIENTS = 50
CHARACTERS = 2_000
WARM_SECONDS = 6.0  # 1,200 paragraphs: automata are built as words are met
PROMISED_MS = 15.0
WHO = (
    "The council", "A court in Vilnius", "The ministry", "One of the engineers", "Farmers here",
    "The youngest of the delegates", "Nobody in the room", "The owner of the mill", "Two ferries",
    "The committee on roads", "Her lawyer", "An old sailor", "The union of printers", "Most pupils",
)  # fmt: skip
DID = (
    "postponed", "praised", "could not explain", "paid for", "was asked about", "will look into",
    "has forgotten", "voted against", "returned to", "published", "waited for", "spoke about",
    "measured", "had doubts about", "moved", "opened", "would rather not see",
)  # fmt: skip
WHAT = (
    "the report", "a bridge over the river", "new prices of timber", "the winter timetable",
    "a list of forty names", "the museum", "several hundred letters", "an exhibition of maps",
    "the second reading of the bill", "the harbour", "its own figures", "a school for nurses",
)  # fmt: skip
WHERE = (
    "on Tuesday", "after a wet and cold spring", "without a word", "for the third time",
    "before the vote", "at a price that surprised everyone", "in the presence of three witnesses",
    "as it had promised in March", "although the road was closed", "by a majority of two",
)  # fmt: skip
NAMED = (
    "{who} {did} {what} in Belarus {where}.",
    "Sanctions on Russia and Belarus were {did} {where}, and {who} {did} {what}.",
    "The Belarusian runner who {did} {what} finished third {where}.",
    "{who} in Minsk {did} {what} {where}.",
    "{who} {did} the border of Belarus with Lithuania {where}.",
    "Belorussia sent {what} to the fair {where}.",
    "Officials of Belarus and of Kazakhstan {did} {what} {where}.",
    "“{who} {did} Belarus,” she said {where}.",
)
PLAIN = ("{who} {did} {what} {where}.", "{where}, {who} {did} {what} and {what2}.")


def paragraph(seed: int) -> str:
    """A paragraph of CHARACTERS characters, another one for every seed."""
    pick = random.Random(seed).choice
    text = f"Item {seed}. "
    while len(text) < CHARACTERS:
        said = pick(pick((NAMED, PLAIN))).format(
            who=pick(WHO), did=pick(DID), what=pick(WHAT), what2=pick(WHAT), where=pick(WHERE)
        )
        text += said[0].upper() + said[1:] + " "
    return text[:CHARACTERS]


LANGUAGE = "en-US"


def request(port: int, seed: int) -> bytes:
    """A request as LanguageTool clients send it."""
    body = urllib.parse.urlencode({"text": paragraph(seed), "language": LANGUAGE}).encode()
    head = (
        f"POST /v2/check HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def ask(streams: tuple[asyncio.StreamReader, asyncio.StreamWriter], sent: bytes) -> float:
    """Seconds one request takes on an open connection; raises unless it is answered 200."""
    reader, writer = streams
    start = time.perf_counter()
    writer.write(sent)
    head = await reader.readuntil(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(head.decode())
    lines = head.lower().split(b"\r\n")
    length = next(line[15:] for line in lines if line.startswith(b"content-length:"))
    await reader.readexactly(int(length))
    return time.perf_counter() - start


async def client(port: int, number: int, until: float, pause: float) -> list[float]:
    """Times of one client that asks until a moment, `pause` seconds apart on average."""
    streams = await asyncio.open_connection("127.0.0.1", port, limit=1 << 22)
    wait = random.Random(number)
    await asyncio.sleep(wait.random() * pause)
    times = []
    seed = number * 1_000_000
    while time.perf_counter() < until:
        seed += 1
        times.append(await ask(streams, request(port, seed)))
        if pause:
            await asyncio.sleep(wait.uniform(0.5, 1.5) * pause)
    streams[1].close()
    return times


async def clients(port: int, seconds: float, pause: float) -> list[float]:
    """Times of all clients together."""
    until = time.perf_counter() + seconds
    parts = await asyncio.gather(*(client(port, n, until, pause) for n in range(CLIENTS)))
    return [t for part in parts for t in part]


def told(times: list[float], seconds: float) -> dict[str, float]:
    """Requests a second and quantiles in milliseconds."""
    cuts = statistics.quantiles(times, n=100)
    return {
        "requests": len(times),
        "per_second": round(len(times) / seconds, 1),
        "p50_ms": round(cuts[49] * 1e3, 2),
        "p95_ms": round(cuts[94] * 1e3, 2),
        "p99_ms": round(cuts[98] * 1e3, 2),
        "max_ms": round(max(times) * 1e3, 2),
    }


class Served:
    """A server in a process of its own."""

    def __init__(self, workers: int) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        start = "from asobna.outputs.cli import main; main()"
        flags = ["serve", "--port", str(self.port), "--workers", str(workers)]
        self.process = subprocess.Popen(
            [sys.executable, "-c", start, *flags], stderr=subprocess.DEVNULL
        )
        for _ in range(900):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/v2/healthcheck", timeout=2)
                break
            except OSError:
                time.sleep(0.1)

    def processes(self) -> list[int]:
        """The process and its children."""
        path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [self.process.pid, *map(int, path.read_text().split())]

    def resident_mb(self) -> float:
        """Resident memory of the server and its workers."""
        page = os.sysconf("SC_PAGE_SIZE")
        pages = (Path(f"/proc/{p}/statm").read_text().split()[1] for p in self.processes())
        return round(sum(map(int, pages)) * page / 1e6, 1)

    def cpu_seconds(self) -> float:
        """Processor time of the server and its workers."""
        fields = (
            Path(f"/proc/{p}/stat").read_text().rsplit(")", 1)[1].split() for p in self.processes()
        )
        return sum(int(f[11]) + int(f[12]) for f in fields) / os.sysconf("SC_CLK_TCK")

    def stop(self) -> None:
        """End it."""
        self.process.terminate()
        self.process.wait(20)


def typing(served: Served, seconds: float, pause: float = 1.0) -> dict[str, object]:
    """Clients that write: a paragraph each every `pause` seconds on average."""
    before = served.cpu_seconds()
    found = told(asyncio.run(clients(served.port, seconds, pause)), seconds)
    cpu = 1e3 * (served.cpu_seconds() - before) / found["requests"]
    return {**found, "server_cpu_ms_per_request": round(cpu, 2)}


def capacity(served: Served, seconds: float) -> dict[str, object]:
    """The typing clients at rising rates, until a twentieth waits longer than promised."""
    steps = []
    for rate in (50, 75, 100, 125, 150, 200, 250, 300, 400):
        found = typing(served, seconds, CLIENTS / rate)
        steps.append({name: found[name] for name in ("per_second", "p50_ms", "p95_ms")})
        if found["p95_ms"] > PROMISED_MS:
            break
    kept = [step["per_second"] for step in steps if step["p95_ms"] <= PROMISED_MS]
    return {"per_second_within_15_ms": max(kept, default=0), "steps": steps}


def saturation(served: Served, seconds: float) -> dict[str, object]:
    """Clients that never wait."""
    before = served.cpu_seconds()
    found = told(asyncio.run(clients(served.port, seconds, 0.0)), seconds)
    cpu = 1e3 * (served.cpu_seconds() - before) / found["requests"]
    return {**found, "server_cpu_ms_per_request": round(cpu, 2)}


def memory(served: Served, requests: int) -> dict[str, object]:
    """Resident memory over many requests, after a first tenth that fills what is kept once."""
    marks = []

    async def some(count: int, base: int) -> None:
        async def one(number: int) -> None:
            streams = await asyncio.open_connection("127.0.0.1", served.port, limit=1 << 22)
            for seed in range(count // CLIENTS):
                await ask(streams, request(served.port, base + number * 10_000 + seed))
            streams[1].close()

        await asyncio.gather(*(one(n) for n in range(CLIENTS)))

    for tenth in range(10):
        asyncio.run(some(requests // 10, tenth * 10_000_000))
        marks.append(served.resident_mb())
        print(f"{(tenth + 1) * requests // 10:,} requests: {marks[-1]} MB", file=sys.stderr)
    return {"requests": requests, "resident_mb": marks, "growth_mb": round(marks[-1] - marks[0], 1)}


def siege(served: Served, seconds: float) -> dict[str, object]:
    """The typing clients beside 200 slow-loris connections and bodies of 100 MB."""
    found: dict[str, object] = {}

    async def loris(until: float) -> int:
        dropped = 0
        while time.perf_counter() < until:
            reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
            try:
                writer.write(b"POST /v2/check HTTP/1.1\r\nHost: localhost\r\n")
                while time.perf_counter() < until:
                    writer.write(b"X-A: b\r\n")
                    await writer.drain()
                    await asyncio.sleep(1)
                    if reader.at_eof():
                        break
            except OSError:
                pass
            dropped += 1
            writer.close()
        return dropped

    async def huge(until: float) -> list[int]:
        statuses = []
        while time.perf_counter() < until:
            reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
            writer.write(
                b"POST /v2/check HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000000\r\n\r\n"
            )
            try:
                for _ in range(100):
                    writer.write(b"a" * 1_000_000)
                    await asyncio.wait_for(writer.drain(), 5)
            except (OSError, TimeoutError):
                pass
            try:
                line = await asyncio.wait_for(reader.readline(), 5)
                statuses.append(int(line.split()[1]) if line else 0)
            except (OSError, TimeoutError):
                statuses.append(0)
            writer.close()
            await asyncio.sleep(1)
        return statuses

    async def all_at_once() -> None:
        until = time.perf_counter() + seconds
        results = await asyncio.gather(
            clients(served.port, seconds, 1.0), huge(until), *(loris(until) for _ in range(200))
        )
        found.update(told(results[0], seconds))
        found["huge_bodies"] = {str(s): results[1].count(s) for s in set(results[1])}
        found["slow_connections"] = sum(results[2:])

    asyncio.run(all_at_once())
    found["resident_mb"] = served.resident_mb()
    return found


def main() -> None:
    """Run the parts asked for and print one JSON object each."""
    parser = argparse.ArgumentParser()
    parser.add_argument("parts", nargs="*", default=["typing", "saturation", "memory", "siege"])
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--detect", action="store_true", help="let the server find the language")
    given = parser.parse_args()
    if given.detect:
        globals()["LANGUAGE"] = "auto"
    for part in given.parts:
        served = Served(given.workers)
        try:
            asyncio.run(clients(served.port, WARM_SECONDS, 0.25))
            amount = given.requests if part == "memory" else given.seconds
            found = PARTS[part](served, amount)
        finally:
            served.stop()
        load = os.getloadavg()[0]
        print(json.dumps({"part": part, "workers": given.workers, "load": load, **found}))


PARTS = {
    "typing": typing,
    "capacity": capacity,
    "saturation": saturation,
    "memory": memory,
    "siege": siege,
}

if __name__ == "__main__":
    main()
