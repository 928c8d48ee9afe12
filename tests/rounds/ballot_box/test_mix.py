"""Statements appear at the daily mix, in every language at once, and tell nothing of authors."""

from __future__ import annotations

from contextlib import closing

import pytest

from asobna_rounds.ballot_box.box import open_box
from asobna_rounds.ballot_box.statements import (
    Statement,
    add_statements,
    mix_statements,
    personal_order,
    read_statements,
    waiting_statements,
    with_priorities,
    write_statements,
)
from asobna_rounds.errors import BoxError, RoundFileError
from asobna_rounds.moderator import MIX_MINIMUM
from asobna_rounds.store import Store

from .conftest import Opened


def text(word: str) -> dict[str, str]:
    return {code: f"{word} ({code})" for code in ("en", "be", "uk")}


def shown(opened: Opened) -> set[str]:
    return {s.texts["en"] for s in read_statements(opened.folder)}


def test_too_few_accepted_statements_wait_and_then_appear_together(opened: Opened) -> None:
    definition = opened.box.definition
    assert mix_statements(opened.folder, [text("one"), text("two")], definition, last=False) == 2
    assert len(shown(opened)) == 12
    assert waiting_statements(opened.folder) == [text("one"), text("two")]
    assert mix_statements(opened.folder, [text("three")], definition, last=False) == 0
    assert {"one (en)", "two (en)", "three (en)"} <= shown(opened)
    assert MIX_MINIMUM == 3


def test_on_the_last_day_nothing_waits(opened: Opened) -> None:
    assert mix_statements(opened.folder, [text("one")], opened.box.definition, last=True) == 0
    assert "one (en)" in shown(opened)


def test_a_mix_repeated_adds_nothing_twice(opened: Opened) -> None:
    new = [text(word) for word in ("one", "two", "three")]
    for _ in range(2):
        mix_statements(opened.folder, new, opened.box.definition, last=False)
    assert len(read_statements(opened.folder)) == 15


def test_columns_stay_and_are_never_shared(opened: Opened) -> None:
    before = {s.id: s.column for s in read_statements(opened.folder)}
    new = [text(word) for word in ("one", "two", "three")]
    mix_statements(opened.folder, new, opened.box.definition, last=False)
    after = {s.id: s.column for s in read_statements(opened.folder)}
    assert before.items() <= after.items()
    assert sorted(after.values()) == list(range(15))


def test_a_statement_in_one_language_is_refused(opened: Opened) -> None:
    with pytest.raises(RoundFileError, match="needs one text for each language of the round"):
        mix_statements(opened.folder, [{"lt": "vienas"}], opened.box.definition, last=True)
    assert len(shown(opened)) == 12


def test_the_order_in_the_file_is_drawn_anew(opened: Opened) -> None:
    statements = read_statements(opened.folder)
    orders = set()
    for _ in range(20):
        write_statements(opened.folder, statements)
        orders.add(tuple(s.id for s in read_statements(opened.folder)))
    assert len(orders) >= 19


def test_statements_have_a_limit() -> None:
    with pytest.raises(BoxError, match=r"241 statements; a round has at most 240"):
        add_statements([], [text(str(n)) for n in range(241)])


def many(count: int) -> list[Statement]:
    return [Statement(f"{n:016x}", n, text(str(n))) for n in range(count)]


def test_up_to_sixty_statements_every_place_is_as_likely() -> None:
    statements = with_priorities(many(20), [1000.0] + [0.01] * 19)
    firsts = [personal_order(statements, n.to_bytes(16, "big"))[0].column for n in range(400)]
    assert 5 <= firsts.count(0) <= 40


def test_above_sixty_the_lottery_prefers_by_priority() -> None:
    """Routing that is silently uniform would pass unnoticed; it has happened elsewhere."""
    statements = with_priorities(many(80), [50.0] + [1.0] * 79)
    places = []
    for n in range(300):
        order = [s.column for s in personal_order(statements, n.to_bytes(16, "big"))]
        assert sorted(order) == list(range(80))
        places.append(order.index(0))
    assert sum(place < 10 for place in places) > 200


def test_priorities_on_disk_are_rounded_to_one_digit() -> None:
    assert [s.priority for s in with_priorities(many(3), [0.2777, 49.0, 0.0])] == [0.3, 50.0, 0.001]


def test_a_round_is_not_opened_twice_and_not_with_another_key(opened: Opened) -> None:
    from asobna_rounds.credentials.opening import Opening
    from asobna_rounds.credentials.signing import SigningKey
    from asobna_rounds.credentials.vouchers import VoucherList

    def opening(name: str, issued: int = 3, invited: int = 3) -> Opening:
        key = SigningKey.generate(name).public
        return Opening(key, VoucherList.of(key, ()), invited, issued, 0)

    with pytest.raises(BoxError, match="this round is open already; it is left untouched"):
        open_box(opened.folder, opening("demo-simulated"), bytes(32))
    fresh = opened.folder.parent / "fresh"
    fresh.mkdir()
    (fresh / "round.json").write_bytes((opened.folder / "round.json").read_bytes())
    with pytest.raises(BoxError, match=r"for round other, round\.json for demo-simulated"):
        open_box(fresh, opening("other"), bytes(32))
    with pytest.raises(BoxError, match="4 credentials for 3 invited people: more than one each"):
        open_box(fresh, opening("demo-simulated", issued=4), bytes(32))
    with pytest.raises(BoxError, match="the moderator's key cannot seal anything; copy it again"):
        open_box(fresh, opening("demo-simulated"), bytes(32))
    assert [path.name for path in fresh.iterdir()] == ["round.json"]
    with closing(open_box(fresh, opening("demo-simulated"), bytes([9, *bytes(31)]))) as store:
        assert store.counts() == (3, 0)
    with closing(Store(fresh)) as store:
        assert store.ballots() == []
