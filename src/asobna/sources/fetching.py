"""One page from the web, politely and without being led astray. Off unless a command asks for it.

http and https only; public addresses only: the name is resolved once, the address judged, and the
connection made to that address; every redirect is judged anew; proxies of the environment are not
used. Size, time, headers and redirects are bounded (see `limits`).
"""

from __future__ import annotations

import ipaddress
import logging
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from importlib.metadata import version
from typing import Any, NamedTuple
from urllib.parse import urljoin, urlsplit

from asobna.limits import REASON_OF

# The library would write headers of strangers into the log.
logging.getLogger("urllib3").setLevel(logging.CRITICAL)

_PORTS = {"http": 80, "https": 443}
_REDIRECTS = (301, 302, 303, 307, 308)
_BLOCK = 1 << 16
USER_AGENT = f"asobna/{version('asobna')} (reads public feeds; respects robots.txt)"

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], list[str]]


class FetchError(Exception):
    """A page was not fetched: a reason code and a sentence a person can act on."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


class Fetched(NamedTuple):
    """An answer: status, lower-case headers, body, and the address it came from at last."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str


class Rules(NamedTuple):
    """What fetching may do. `allowed` judges one address; tests put their own resolver here."""

    limits: Mapping[str, int]
    resolve: Resolve
    allowed: Callable[[str], bool]


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the public Internet (RFC 6890, by the ipaddress library).

    An IPv6 address that carries an IPv4 one (mapped, 6to4, Teredo, NAT64) is as public as that.
    """
    found: _Address = ipaddress.ip_address(address.split("%", maxsplit=1)[0])
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour or (found.teredo and found.teredo[1])
        if found in ipaddress.ip_network("64:ff9b::/96"):
            inner = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        if inner:
            found = inner
    return found.is_global and not found.is_multicast


def resolve_name(host: str, port: int) -> list[str]:
    """IP addresses of a name, by the system. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def public_rules(limits: Mapping[str, int]) -> Rules:
    """The rules that hold outside of tests."""
    return Rules(limits, resolve_name, is_public)


def fetch(url: str, headers: Mapping[str, str], rules: Rules) -> Fetched:
    """The answer for a URL, redirects followed. Raises FetchError."""
    deadline = time.monotonic() + rules.limits["fetch_seconds"]
    came_by_https = False
    for _ in range(rules.limits["fetch_redirects"] + 1):
        came_by_https = came_by_https or url.startswith("https:")
        if came_by_https and not url.startswith("https:"):
            raise FetchError(
                "fetch-downgrade", f"{url}: redirected from https to http; not followed"
            )
        answer = _fetch_once(url, headers, rules, deadline)
        target = answer.headers.get("location")
        if answer.status not in _REDIRECTS or not target:
            return answer
        url = urljoin(url, target)
    raise _over("fetch_redirects", url, rules)


def _over(name: str, url: str, rules: Rules) -> FetchError:
    return FetchError(
        REASON_OF[name],
        f"{url}: more than {name} = {rules.limits[name]:,}; set ASOBNA_{name.upper()} higher "
        "if you trust it",
    )


def _fetch_once(url: str, headers: Mapping[str, str], rules: Rules, deadline: float) -> Fetched:
    """One request without redirects; a watch ends the connection at the deadline."""
    from http.client import HTTPException  # noqa: PLC0415

    from urllib3.exceptions import HTTPError  # noqa: PLC0415 only for fetching

    connection, path = _connection(url, rules)
    late = threading.Event()
    watch = threading.Timer(max(0.0, deadline - time.monotonic()), _cut, (connection, late))
    watch.daemon = True
    watch.start()
    try:
        answer = _ask(connection, (url, path), headers, rules)
        if late.is_set():  # headers that were cut short look whole to the library
            raise _over("fetch_seconds", url, rules)
        return answer
    except FetchError as error:
        if late.is_set():
            raise _over("fetch_seconds", url, rules) from error
        raise
    except (HTTPError, HTTPException, OSError, ValueError, AttributeError) as error:
        if late.is_set():
            raise _over("fetch_seconds", url, rules) from error
        raise FetchError("fetch-failed", f"{url}: {type(error).__name__}") from error
    finally:
        watch.cancel()
        connection.close()


def _cut(connection: Any, late: threading.Event) -> None:
    late.set()
    sock = connection.sock
    if sock is not None:
        with suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)


def _connection(url: str, rules: Rules) -> tuple[Any, str]:
    """A connection to an address that was judged, and the path to ask it for."""
    from urllib3.connection import HTTPConnection, HTTPSConnection  # noqa: PLC0415
    from urllib3.util import Timeout  # noqa: PLC0415

    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname:
        raise FetchError("fetch-scheme", f"{url}: only http and https addresses are fetched")
    if parts.username or parts.password:
        raise FetchError("fetch-scheme", "an address with a user name in it is not fetched")
    try:
        port = parts.port or _PORTS[parts.scheme]
    except ValueError as error:
        raise FetchError("fetch-scheme", f"{url}: no such port") from error
    address = _judged_address(url, (parts.hostname, port), rules)
    seconds = min(10, rules.limits["fetch_seconds"])
    options: dict[str, Any] = {"port": port, "timeout": seconds}
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if parts.scheme == "http":
        return HTTPConnection(address, **options), path
    return HTTPSConnection(
        address,
        ssl_context=ssl.create_default_context(),
        server_hostname=parts.hostname,
        assert_hostname=parts.hostname,
        **{**options, "timeout": Timeout.resolve_default_timeout(seconds)},
    ), path


def _judged_address(url: str, place: tuple[str, int], rules: Rules) -> str:
    """The first address of a host. Raises FetchError unless every one of them is allowed."""
    try:
        addresses = rules.resolve(*place)
    except (OSError, UnicodeError) as error:
        raise FetchError("fetch-unknown-host", f"{url}: no such host") from error
    if not addresses or not all(rules.allowed(address) for address in addresses):
        raise FetchError(
            "fetch-not-public", f"{url}: leads to an address that is not on the public Internet"
        )
    return addresses[0]


def _ask(
    connection: Any, place: tuple[str, str], headers: Mapping[str, str], rules: Rules
) -> Fetched:
    url, path = place
    parts = urlsplit(url)
    sent = {
        "Host": parts.netloc,
        "User-Agent": USER_AGENT,
        "Accept-Encoding": "identity",
        "Connection": "close",
        **headers,
    }
    connection.request("GET", path, headers=sent, preload_content=False, decode_content=False)
    answer = connection.getresponse()
    found = {name.lower(): value for name, value in answer.headers.items()}
    if (
        sum(len(name) + len(value) for name, value in found.items())
        > (rules.limits["fetch_header_bytes"])
    ):
        raise _over("fetch_header_bytes", url, rules)
    if found.get("content-encoding", "identity") not in ("", "identity"):
        raise FetchError("fetch-encoding", f"{url}: answers packed although it was asked not to")
    return Fetched(answer.status, found, _body(answer, url, rules), url)


def _body(answer: Any, url: str, rules: Rules) -> bytes:
    """The body, never more than the limit. Raises FetchError when it is longer or breaks off."""
    most = rules.limits["fetch_bytes"]
    parts: list[bytes] = []
    got = 0
    while data := answer.read1(_BLOCK):
        parts.append(data)
        got += len(data)
        if got > most:
            raise _over("fetch_bytes", url, rules)
    declared = answer.headers.get("Content-Length")
    if declared and declared.isdigit() and int(declared) != got:
        raise FetchError(
            "wrong-length", f"{url}: {int(declared):,} bytes were promised, {got:,} came"
        )
    return b"".join(parts)
