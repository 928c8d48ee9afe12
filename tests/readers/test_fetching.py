"""Fetching: hosts that are slow, endless, lying or lead inside get nothing through."""

import time

import pytest

from asobna.limits import DEFAULTS
from asobna.sources.fetching import FetchError, Rules, fetch, is_public, public_rules, resolve_name
from readers import servers


def local(**limits):
    """The rules with loopback allowed: for a test server that stands for a public host."""
    return Rules({**DEFAULTS, "fetch_seconds": 2, **limits}, resolve_name, lambda _: True)


def why(url, rules):
    with pytest.raises(FetchError) as error:
        fetch(url, {}, rules)
    return error.value.reason


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True), ("2606:4700:4700::1111", True), ("127.0.0.1", False), ("10.1.2.3", False),
        ("192.168.0.1", False), ("172.16.0.1", False), ("169.254.169.254", False),
        ("100.64.0.1", False), ("0.0.0.0", False), ("224.0.0.1", False), ("255.255.255.255", False),
        ("::1", False), ("::", False), ("fe80::1%eth0", False), ("fc00::1", False), ("ff02::1", False),
        ("::ffff:127.0.0.1", False), ("::ffff:8.8.8.8", True), ("64:ff9b::7f00:1", False),
        ("2002:7f00:1::", False), ("192.0.2.1", False), ("198.18.0.1", False),
    ],
)  # fmt: skip
def test_only_the_public_internet_is_public(address, public):
    assert is_public(address) is public


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://example.org/x", "gopher://x", "//x",
                                 "http://", "https://user:word@example.org/", "http://x:99999/"])  # fmt: skip
def test_only_web_addresses_are_fetched(url):
    assert why(url, public_rules(DEFAULTS)) == "fetch-scheme"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "0.0.0.0", "2130706433",
                                  "0x7f000001", "127.1", "169.254.169.254"])  # fmt: skip
def test_nothing_inside_is_asked_however_it_is_written(host):
    assert why(f"http://{host}:9/", public_rules(DEFAULTS)) in (
        "fetch-not-public", "fetch-unknown-host"
    )  # fmt: skip


def test_a_name_with_one_inner_address_is_not_asked():
    rules = Rules(DEFAULTS, lambda host, port: ["93.184.216.34", "127.0.0.1"], is_public)
    assert why("http://example.org/", rules) == "fetch-not-public"


def test_the_connection_goes_to_the_address_that_was_judged():
    """A name that changes between judging and connecting is not asked a second time."""
    answers = [["127.0.0.1"], ["10.9.9.9"]]
    with servers.serving({"/": servers.says(b"here")}) as (url, asked):
        port = url.rsplit(":", 1)[1]
        rules = local()._replace(resolve=lambda host, _: answers.pop(0))
        assert fetch(f"http://feeds.example:{port}/", {}, rules).body == b"here"
        assert asked[0][1]["host"] == f"feeds.example:{port}"
    assert answers == [["10.9.9.9"]]


def test_a_redirect_to_loopback_is_judged_anew():
    with servers.serving({"/secret": servers.says(b"secret")}) as (inside, asked):
        with servers.serving({"/": servers.redirects(f"{inside}/secret")}) as (url, _):
            inner = inside.removeprefix("http://")
            rules = local()._replace(
                resolve=lambda host, port: ["10.0.0.1" if f"{host}:{port}" == inner else host],
                allowed=lambda address: address != "10.0.0.1",
            )
            assert why(f"{url}/", rules) == "fetch-not-public"
        assert asked == []


def test_https_is_verified_and_not_left_for_http(tmp_path, monkeypatch):
    certificate, key = servers.certificate("secure.example", tmp_path)
    rules = local()._replace(resolve=lambda host, port: ["127.0.0.1"])
    there = {"/": servers.says(b"safe"), "/away": servers.redirects("http://plain.example/")}
    with servers.serving(there, (certificate, key)) as (url, _):
        port = url.rsplit(":", 1)[1]
        assert why(f"https://secure.example:{port}/", rules) == "fetch-failed"
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert fetch(f"https://secure.example:{port}/", {}, rules).body == b"safe"
        assert why(f"https://other.example:{port}/", rules) == "fetch-failed"
        assert why(f"https://secure.example:{port}/away", rules) == "fetch-downgrade"


def test_redirects_without_end_end():
    with servers.serving({"/": servers.redirects("/")}) as (url, asked):
        assert why(f"{url}/", local()) == "fetch-redirects"
        assert len(asked) == DEFAULTS["fetch_redirects"] + 1


def test_an_endless_answer_is_cut_at_the_limit():
    with servers.serving({"/": servers.endless}) as (url, _):
        assert why(f"{url}/", local(fetch_bytes=1_000_000)) == "fetch-too-large"


def test_a_host_that_drips_is_cut_at_the_deadline():
    began = time.monotonic()
    with servers.serving({"/": servers.drips}) as (url, _):
        assert why(f"{url}/", local(fetch_seconds=1)) == "fetch-time"
    assert time.monotonic() - began < 10


def test_a_length_that_lies_is_told():
    with servers.serving({"/": servers.says(b"short", Content_Length="500")}) as (url, _):
        assert why(f"{url}/", local()) in ("wrong-length", "fetch-failed")


def test_a_packed_answer_is_refused_unread():
    with servers.serving({"/": servers.says(b"x", Content_Encoding="gzip")}) as (url, _):
        assert why(f"{url}/", local()) == "fetch-encoding"


def test_proxies_of_the_environment_are_not_used(monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    with servers.serving({"/": servers.says(b"direct")}) as (url, _):
        assert fetch(f"{url}/", {}, local()).body == b"direct"
