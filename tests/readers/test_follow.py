"""`asobna follow`: politely, exactly once, through dead feeds, stops and lost state."""

import threading

import pytest

from asobna.errors import InputError
from asobna.limits import DEFAULTS
from asobna.outputs.follow import Following, Round, follow_round
from asobna.sources.feeds import read_opml
from asobna.sources.fetching import Rules, is_public, resolve_name
from asobna.store import Store
from readers import producers, servers

ITEM = ("Fair", "https://daily.example/1", "<p>A fair in Minsk, Belarus, was open.</p>")
OTHER = ("Grain", "https://daily.example/2", "<p>Grain from Belarus was sold.</p>")


def following(tmp_path, *urls, **limits):
    opml = tmp_path / "feeds.opml"
    outlines = "".join(f'<outline text="F" xmlUrl="{url}"/>' for url in urls)
    opml.write_text(f"<opml><body>{outlines}</body></opml>")
    quick = {**DEFAULTS, "host_delay_seconds": 0, "fetch_seconds": 2, **limits}
    rules = Rules(quick, resolve_name, lambda address: address == "127.0.0.1")
    return Following(str(opml), str(tmp_path / "tables"), rules, threading.Event(), lang="en")


def stored(tmp_path, table, *columns):
    rows = Store(str(tmp_path / "tables")).read(table).to_pylist()
    return sorted(tuple(row[name] for name in columns) for row in rows)


def test_new_items_are_read_once_and_asked_for_with_validators(tmp_path):
    answers = {"/feed": servers.says(producers.feed(ITEM), ETag='"one"')}
    with servers.serving(answers) as (url, asked):
        plan = following(tmp_path, f"{url}/feed")
        assert follow_round(plan) == Round(1, 1, 0)
        answers["/feed"] = servers.says(b"", 304)
        assert follow_round(plan) == Round(1, 0, 0)
        answers["/feed"] = servers.says(producers.feed(OTHER, ITEM))
        assert follow_round(plan) == Round(1, 1, 0)
    assert [path for path, _ in asked][:2] == ["/robots.txt", "/feed"]
    assert [head.get("if-none-match") for path, head in asked if path == "/feed"] == [
        None, '"one"', '"one"'
    ]  # fmt: skip
    assert stored(tmp_path, "documents", "title", "date", "source") == [
        ("Fair", "2024-03-05", "Daily Example"), ("Grain", "2024-03-05", "Daily Example")
    ]  # fmt: skip


def test_a_lost_state_reads_nothing_twice(tmp_path):
    with servers.serving({"/feed": servers.says(producers.feed(ITEM, OTHER))}) as (url, _):
        plan = following(tmp_path, f"{url}/feed")
        assert follow_round(plan).items == 2
        (plan.beside / "feeds.json").unlink()
        assert follow_round(plan) == Round(1, 0, 0)
    assert len(stored(tmp_path, "documents", "title")) == 2


def test_what_was_fetched_before_a_stop_is_read_after_it(tmp_path):
    with servers.serving({"/feed": servers.says(producers.feed(ITEM))}) as (url, _):
        plan = following(tmp_path, f"{url}/feed")
        plan.beside.mkdir(parents=True)
        (plan.beside / "items-0.jsonl").write_text(
            '{"id": "x", "text": "Minsk lies in Belarus."}\n'
        )
        plan.stop.set()
        assert follow_round(plan) == Round(0, 0, 0)
    assert stored(tmp_path, "documents", "text") == [("Minsk lies in Belarus.",)]


def test_a_dead_feed_is_a_reject_and_not_an_end_and_is_left_alone_for_a_while(tmp_path):
    with servers.serving({
        "/gone": servers.says(b"", 410), "/text": servers.says(b"not a feed"),
        "/bomb": servers.says(b'<!DOCTYPE r [<!ENTITY a "b">]><rss version="2.0">&a;</rss>'),
        "/feed": servers.says(producers.feed(ITEM)), "/endless": servers.endless,
        "/slow": servers.drips, "/lies": servers.says(b"x", Content_Length="99"),
        "/inside": servers.redirects("http://10.0.0.1/"),
    }) as (url, _):  # fmt: skip
        names = ("gone", "text", "bomb", "endless", "slow", "lies", "inside", "feed")
        plan = following(tmp_path, *(f"{url}/{name}" for name in names), fetch_bytes=100_000)
        assert follow_round(plan, lambda: 1000.0) == Round(8, 1, 7)
        assert follow_round(plan, lambda: 1059.0) == Round(1, 0, 0)
        assert stored(tmp_path, "rejects", "path", "reason") == [
            (f"{url}/bomb", "xml-entities"), (f"{url}/endless", "fetch-too-large"),
            (f"{url}/gone", "fetch-status"), (f"{url}/inside", "fetch-not-public"),
            (f"{url}/lies", "fetch-failed"), (f"{url}/slow", "fetch-time"),
            (f"{url}/text", "not-a-feed"),
        ]  # fmt: skip
        assert follow_round(plan, lambda: 1061.0).asked == 8
    assert len(stored(tmp_path, "documents", "title")) == 1


def test_robots_are_respected_and_an_unreachable_robots_means_no(tmp_path):
    robots = b"User-agent: asobna\nDisallow: /private\n"
    with servers.serving({
        "/robots.txt": servers.says(robots), "/private/feed": servers.says(producers.feed(ITEM)),
    }) as (url, asked):  # fmt: skip
        assert follow_round(following(tmp_path, f"{url}/private/feed")) == Round(1, 0, 1)
        assert [path for path, _ in asked] == ["/robots.txt"]
    with servers.serving({"/robots.txt": servers.says(b"", 503)}) as (url, asked):
        assert follow_round(following(tmp_path, f"{url}/feed")) == Round(1, 0, 1)
        assert [path for path, _ in asked] == ["/robots.txt"]
    assert [reason for (reason,) in stored(tmp_path, "rejects", "reason")] == ["robots", "robots"]


def test_pages_are_fetched_when_asked_for(tmp_path):
    answers = {"/page": servers.says(producers.ARTICLE.encode())}
    with servers.serving(answers) as (url, _):
        item = ("Fair", f"{url}/page", "<p>Minsk, Belarus</p>")
        answers["/feed"] = servers.says(producers.feed(item))
        follow_round(following(tmp_path, f"{url}/feed")._replace(pages=True))
    text = stored(tmp_path, "documents", "text")[0][0]
    assert text.startswith("Fair opens\n\nThe fair in Minsk was opened on Monday")
    assert "cookies" not in text


def test_without_leave_nothing_inside_is_followed(tmp_path):
    with servers.serving({"/feed": servers.says(producers.feed(ITEM))}) as (url, asked):
        plan = following(tmp_path, f"{url}/feed")
        assert follow_round(plan._replace(rules=plan.rules._replace(allowed=is_public))).items == 0
        assert asked == []


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("<opml></opml>", 'no feed in it; one looks like <outline xmlUrl="https://…"/>'),
        ("no", "not an OPML list of feeds (ParseError)"),
        ('<!DOCTYPE x [<!ENTITY a "b">]><opml/>', "not an OPML list of feeds (DTDForbidden)"),
    ],
)
def test_a_list_that_is_none_is_told(tmp_path, content, why):
    path = tmp_path / "list.opml"
    path.write_text(content)
    with pytest.raises(InputError) as error:
        read_opml(str(path))
    assert str(error.value) == f"{path}: {why}"
