"""The registrar's store under seizure: every byte, locked and unlocked, at every step."""

from __future__ import annotations

import base64
import json
import random
import re
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import pytest

from asobna_rounds.credentials import Door, RoundKey, token_helper
from asobna_rounds.credentials.envelopes import read_envelope
from asobna_rounds.credentials.vouchers import show_code
from asobna_rounds.errors import CredentialError, EnvelopeError, RegistrarError, RoundsError
from asobna_rounds.locked_file import FIXED_TIME, Lock, read_locked
from asobna_rounds.registrar.store import IssueCounts, Registrar

from .conftest import CHEAP, PASSPHRASE, panel

ROUND = "pulse-2026-12"


def every_byte(folder: Path) -> bytes:
    """What an attacker with the folder and the passphrase reads: names, raw and plain bytes."""
    parts = []
    for path in sorted(folder.rglob("*")):
        raw = path.read_bytes()
        plain = read_locked(path, Lock.of(path, PASSPHRASE))
        parts += [path.name.encode(), raw, plain]
    return b"\n".join(parts)


def shapes(secret: bytes) -> set[bytes]:
    """A byte string in every form it could have been written down in, and any half of it."""
    half = len(secret) // 2
    found = set()
    for part in (secret, secret[:half], secret[half:]):
        found |= {part, part.hex().encode(), part.hex().upper().encode(), part[::-1]}
        for shift in range(3):
            found.add(base64.b64encode(b"\x00" * shift + part)[4:-4])
        found.add(str(int.from_bytes(part, "big")).encode())
    return found


def test_no_byte_of_the_store_leads_from_a_person_to_a_credential(store: Registrar) -> None:
    """Both tiers are issued to named people; nothing that was handed out is found anywhere."""
    folder = store._folder
    key = store.begin_issue(ROUND)
    secrets_handed_out: list[bytes] = []
    for number in range(6):
        request, secret = token_helper.make_request(key)
        answer = store.answer(ROUND, store.find(f"member {number}"), request)
        credential = base64.b64decode(token_helper.make_credential(secret, answer))
        envelopes = (read_envelope(request, "REQUEST"), read_envelope(answer, "ANSWER"))
        secrets_handed_out += [envelope.payload for envelope in envelopes]
        secrets_handed_out += [credential[:32], credential[32:]]
        code = store.voucher(ROUND, store.find(f"member {number + 6}"))
        opened = store.opening(ROUND).vouchers.open(code)
        secrets_handed_out += [code.encode(), show_code(code).encode(), *opened]

        seen = every_byte(folder)
        assert b"member 3" in seen
        for secret_bytes in secrets_handed_out:
            assert not any(shape in seen for shape in shapes(secret_bytes))
    assert len(secrets_handed_out) == 6 * 8


def test_the_search_would_find_what_it_looks_for(store: Registrar) -> None:
    """The detector itself: a token put into a contact, in three spellings, is found."""
    token = random.Random(5).randbytes(32)
    for spelling in (token.hex(), base64.b64encode(token).decode(), token.hex()[:32].upper()):
        store.add(f"leak {spelling[:3]}", f"note {spelling}", {})
        seen = every_byte(store._folder)
        assert any(shape in seen for shape in shapes(token))
        store.remove(store.find(f"leak {spelling[:3]}"))
        seen = every_byte(store._folder)
        assert not any(shape in seen for shape in shapes(token))


def test_records_tell_nothing_about_who_collected_them(tmp_path: Path) -> None:
    """Same people, same number of vouchers, any order: the plain files differ in random values
    only, sorted by those values."""
    store = panel(tmp_path / "r", 6)
    store.begin_issue(ROUND)
    order = random.Random(3).sample(range(6), 6)
    for number in order:
        store.voucher(ROUND, store.find(f"member {number}"))
    issue = store.issue(ROUND)
    plain = read_locked(tmp_path / "r" / f"round-{ROUND}.locked", store._lock).decode()
    collected = re.findall(r'"([0-9a-f]{8})"', plain.partition('"collected"')[2].partition("]")[0])
    assert collected == sorted(issue.collected) == sorted(store.people)
    records = re.findall(r'"([0-9a-f]{672})"', plain)
    assert records == sorted(records)
    assert len(records) == 6


def test_after_the_issue_phase_the_store_is_the_same_whoever_collected(tmp_path: Path) -> None:
    """Two histories, different people, one end: not one byte of the plain store differs."""
    (tmp_path / "a").mkdir()
    plains = []
    for collectors in ((0, 1, 2), (9, 5, 7)):
        folder = tmp_path / "a" / "registrar"
        store = Registrar.open(folder, PASSPHRASE) if folder.exists() else panel(folder, 12)
        store.ended = {}
        store.begin_issue(ROUND)
        for number in collectors:
            store.voucher(ROUND, store.find(f"member {number}"))
        assert store.end_issue(ROUND) == IssueCounts(invited=12, issued=3, again=0)
        plains.append(read_locked(folder / "people.locked", store._lock))
        assert [path.name for path in folder.iterdir()] == ["people.locked"]
    assert plains[0] == plains[1]


def test_nothing_is_dated(store: Registrar) -> None:
    """No clock in the bytes, and the file times are the same day of 2000."""
    started = int(time.time())
    store.begin_issue(ROUND)
    store.voucher(ROUND, store.find("member 4"))
    seen = every_byte(store._folder)
    today = date.today()
    spellings = {str(started)[:6], today.isoformat(), f"{today:%Y%m%d}", f"{today:%d.%m.%Y}"}
    assert {s for s in spellings if re.search(rf"(?<![0-9a-f]){s}".encode(), seen)} == set()
    places = [store._folder, *store._folder.iterdir()]
    assert {place.stat().st_mtime for place in places} == {float(FIXED_TIME)}


def test_sizes_say_nothing(store: Registrar) -> None:
    """A few vouchers, one person more: files grow in steps of 64 KiB, so not at all here."""
    store.begin_issue(ROUND)
    before = {path.name: path.stat().st_size for path in store._folder.iterdir()}
    store.add("member 99", "paper box 99", {})
    store.slips(ROUND, 3)
    assert {path.name: path.stat().st_size for path in store._folder.iterdir()} == before


def test_one_voice_each_unless_counted_openly(store: Registrar) -> None:
    store.begin_issue(ROUND)
    person = store.find("member 2")
    store.voucher(ROUND, person)
    with pytest.raises(RegistrarError, match="has already collected a credential"):
        store.voucher(ROUND, person)
    store.voucher(ROUND, person, again=True)
    assert store.issue(ROUND).counts() == IssueCounts(invited=12, issued=2, again=1)


def test_a_refused_request_does_not_use_up_the_voice(store: Registrar) -> None:
    key = store.begin_issue(ROUND)
    person = store.find("member 2")
    wrong, _ = token_helper.make_request(RoundKey("other-round", key.modulus))
    with pytest.raises(EnvelopeError, match='another round or key than "pulse-2026-12"'):
        store.answer(ROUND, person, wrong)
    request, secret = token_helper.make_request(key)
    answer = store.answer(ROUND, person, request)
    opening = store.opening(ROUND)
    door = Door(opening.key, opening.vouchers)
    assert len(door.admit(token_helper.make_credential(secret, answer))) == 32


def test_only_the_invited_collect(store: Registrar) -> None:
    store.begin_issue(ROUND, topic="visas")
    store.voucher(ROUND, store.find("member 1"))
    with pytest.raises(RegistrarError, match="this person is not invited to this round"):
        store.voucher(ROUND, store.find("member 2"))


def test_never_more_credentials_than_people(store: Registrar) -> None:
    """Slips in a bowl and credentials on devices share one count: nobody has two voices."""
    store.begin_issue(ROUND)
    codes = store.slips(ROUND, 12)
    with pytest.raises(RegistrarError, match="12 credentials are made for 12 people; there is ro"):
        store.voucher(ROUND, store.find("member 1"))
    with pytest.raises(RegistrarError, match=r"room for 0 more\. Withdraw slips that nobody drew"):
        store.slips(ROUND, 1)
    assert store.issue(ROUND).collected == set()

    store.drew(ROUND, store.find("member 0"))
    with pytest.raises(RegistrarError, match="has already collected a credential"):
        store.drew(ROUND, store.find("member 0"))

    store.withdraw(ROUND, show_code(codes[5]))
    store.voucher(ROUND, store.find("member 1"))
    opening = store.opening(ROUND)
    assert (opening.invited, opening.issued, opening.again) == (12, 12, 0)
    door = Door(opening.key, opening.vouchers)
    with pytest.raises(CredentialError, match="this voucher does not belong to this round"):
        door.admit(codes[5])
    assert len({door.admit(code) for code in codes if code != codes[5]}) == 11
    with pytest.raises(RegistrarError, match="this code is not on the round's list"):
        store.withdraw(ROUND, codes[5])


def test_a_drawn_slip_leaves_a_tick_and_no_trace_of_which(store: Registrar) -> None:
    """The plain file before and after somebody draws differs in the tick alone."""
    store.begin_issue(ROUND)
    store.slips(ROUND, 6)
    path = store._folder / f"round-{ROUND}.locked"
    before = json.loads(read_locked(path, store._lock))
    store.drew(ROUND, store.find("member 7"))
    after = json.loads(read_locked(path, store._lock))
    assert after.pop("collected") == [store.find("member 7").handle]
    assert before.pop("collected") == []
    assert after == before


def test_forgetting_people_never_opens_a_round_with_spare_voices(store: Registrar) -> None:
    store.begin_issue(ROUND)
    codes = store.slips(ROUND, 12)
    store.drew(ROUND, store.find("member 3"))
    store.remove(store.find("member 3"))
    assert store.opening(ROUND).invited == 12
    store.remove(store.find("member 4"))
    with pytest.raises(RegistrarError, match="1 more credentials than people, because somebody"):
        store.opening(ROUND)
    store.withdraw(ROUND, codes[0])
    assert (store.opening(ROUND).invited, store.opening(ROUND).issued) == (11, 11)


def test_after_the_end_nothing_more_is_issued(store: Registrar) -> None:
    store.begin_issue(ROUND)
    store.end_issue(ROUND)
    with pytest.raises(RegistrarError, match="has ended, and its key is destroyed"):
        store.slips(ROUND, 1)
    with pytest.raises(RegistrarError, match="was already begun; choose another name"):
        store.begin_issue(ROUND)


def test_ending_survives_a_stop_between_its_two_steps(
    store: Registrar, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Power cut after the numbers are saved, before the key is destroyed: repeat, same numbers."""
    store.begin_issue(ROUND)
    store.slips(ROUND, 4)

    def cut(_path: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("asobna_rounds.registrar.store.destroy", cut)
        with pytest.raises(KeyboardInterrupt):
            store.end_issue(ROUND)
    again = Registrar.open(store._folder, PASSPHRASE)
    assert again.end_issue(ROUND) == IssueCounts(invited=12, issued=4, again=0)
    assert [path.name for path in store._folder.iterdir()] == ["people.locked"]


def test_forgetting_a_person_reaches_open_rounds(store: Registrar) -> None:
    store.begin_issue(ROUND)
    person = store.find("member 3")
    store.voucher(ROUND, person)
    store.remove(person)
    seen = every_byte(store._folder)
    assert person.handle.encode() not in seen
    assert b"member 3" not in seen
    assert store.issue(ROUND).counts() == IssueCounts(invited=12, issued=1, again=0)


def test_the_roster_speaks_from_five_people_on(store: Registrar) -> None:
    assert store.roster() == {"sanctions": 6, "visas": 6}
    for number in (1, 3):
        store.remove(store.find(f"member {number}"))
    assert store.roster() == {"sanctions": 6}


def test_a_wrong_passphrase_opens_nothing(store: Registrar) -> None:
    with pytest.raises(RoundsError, match="does not open: wrong passphrase, or altered"):
        Registrar.open(store._folder, "not the passphrase")


def test_the_same_person_or_store_is_not_made_twice(store: Registrar) -> None:
    with pytest.raises(RegistrarError, match="already a person of this name"):
        store.add("member 1", "elsewhere", {})
    with pytest.raises(RegistrarError, match="already holds a registrar's store"):
        Registrar.create(store._folder, PASSPHRASE)
    with pytest.raises(RegistrarError, match="there is no such person"):
        store.find("member 100")


ISSUE_FOR_EVER = """
import sys
from pathlib import Path
from asobna_rounds.registrar.store import Registrar
store = Registrar.open(Path(sys.argv[1]), sys.argv[2])
for number in range(12):
    print(store.voucher("pulse-2026-12", store.find(f"member {number}")), flush=True)
"""


@pytest.mark.parametrize("after", [1, 4, 9])
def test_a_kill_at_any_moment_loses_no_voucher_that_was_shown(store: Registrar, after: int) -> None:
    """kill -9 while vouchers are handed out: every shown code opens, every shown person is
    ticked, and at most one more was issued without being shown."""
    store.begin_issue(ROUND)
    command = [sys.executable, "-c", ISSUE_FOR_EVER, str(store._folder), PASSPHRASE]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        shown = [process.stdout.readline().strip() for _ in range(after)]
        process.kill()
        shown += process.stdout.read().split()
    again = Registrar.open(store._folder, PASSPHRASE)
    issue, opening = again.issue(ROUND), again.opening(ROUND)
    door = Door(opening.key, opening.vouchers)
    assert len({door.admit(code) for code in shown}) == len(shown) >= after
    assert {again.find(f"member {n}").handle for n in range(len(shown))} <= issue.collected
    assert len(shown) <= issue.issued == len(issue.collected) <= len(shown) + 1


def test_two_windows_at_once_lose_no_tick(tmp_path: Path) -> None:
    """Both read before either wrote: the second is refused, so nobody collects twice unseen."""
    one = Registrar.create(tmp_path / "desk", PASSPHRASE, CHEAP)
    person = one.add("member 1", "box 1", {})
    one.add("member 2", "box 2", {})
    one.begin_issue("pulse")
    two = Registrar.open(tmp_path / "desk", PASSPHRASE)
    held, late = one.issue("pulse"), two.issue("pulse")
    held.tick(person.handle)
    one._write_issue(held)
    late.tick(person.handle)
    with pytest.raises(RegistrarError, match="another registrar command changed the store mean"):
        two._write_issue(late)
    assert Registrar.open(tmp_path / "desk", PASSPHRASE).issue("pulse").collected == {person.handle}
    two.add("member 3", "box 3", {})
    with pytest.raises(RegistrarError, match="another registrar command changed the store mean"):
        one.add("member 4", "box 4", {})
    names = {p.name for p in Registrar.open(tmp_path / "desk", PASSPHRASE).people.values()}
    assert names == {"member 1", "member 2", "member 3"}
