"""One round as the web process sees it: its phase, its statements, and what a visit may do."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Literal

from nacl.exceptions import CryptoError

from asobna_rounds.ballot_box.statements import (
    Statement,
    add_statements,
    personal_order,
    read_statements,
    write_statements,
)
from asobna_rounds.ballot_box.tickets import Tickets
from asobna_rounds.credentials import Door, read_round_key, read_voucher_list
from asobna_rounds.credentials.opening import Opening
from asobna_rounds.definition import Round, read_round
from asobna_rounds.durable import replace_file, utc_day
from asobna_rounds.errors import BoxError, CredentialError
from asobna_rounds.ledger import Ledger, read_entries
from asobna_rounds.rows import ID_BYTES, Ballot
from asobna_rounds.sealing import seal
from asobna_rounds.store import DATABASE, KEY, Handle, Store

DEFINITION = "round.json"
NUMBERS = "numbers.json"
ROUND_KEY = "round-key.txt"
VOUCHERS = "vouchers.txt"
REPORT = "report.json"
LEDGER = "ledger.jsonl"
PER_PAGE = 10
ORDER = b"asobna-rounds order v1"
Phase = Literal["issue", "open", "closing", "closed"]
Admission = bytes
"""What a visit works with: the store's handle, then 32 bytes its order of statements is drawn from.
The latter are on no disk; tickets carry both, encrypted."""


def _handle(admission: Admission) -> Handle:
    return admission[:ID_BYTES]


@dataclass(frozen=True)
class Numbers:
    """What the registrar made public when its issue phase ended; `moderator` is a hex key.

    `issued` includes `again`: those issued a second time in place of lost ones.
    """

    invited: int
    issued: int
    again: int
    moderator: str


def open_box(folder: Path, opening: Opening, moderator: bytes) -> Store:
    """Start the open phase: seed statements and one empty ballot per credential issued.

    `folder` holds round.json; `moderator` is the 32-byte public key statements are sealed to.
    Raises BoxError when the round is open or closed already or the key is another round's,
    RoundFileError when its definition is not usable.
    """
    definition = read_round(folder / DEFINITION)
    if (folder / REPORT).exists():
        raise BoxError(f"{folder.name}: this round is closed; a new round needs a new folder")
    if (folder / DATABASE).exists():
        raise BoxError(f"{folder.name}: this round is open already; it is left untouched")
    if opening.key.round_id != definition.id:
        raise BoxError(
            f"the opening file is for round {opening.key.round_id}, round.json for {definition.id}"
        )
    if opening.issued > opening.invited + opening.again:
        raise BoxError(
            f"{opening.issued} credentials for {opening.invited} invited people: more than one "
            "each; issue at most as many as there are people"
        )
    _try_key(moderator)
    write_statements(folder, add_statements([], list(definition.seeds)))
    replace_file(folder / ROUND_KEY, opening.key.to_text().encode())
    replace_file(folder / VOUCHERS, opening.vouchers.to_text().encode())
    numbers = Numbers(opening.invited, opening.issued, opening.again, moderator.hex())
    replace_file(folder / NUMBERS, json.dumps(asdict(numbers)).encode())
    # Last, because its presence says that the round is open.
    return Store.create(folder, opening.issued)


def _try_key(moderator: bytes) -> None:
    """Seal a word once: a key that cannot seal would be found out by people who suggest."""
    try:
        seal(moderator, "tried")
    except (CryptoError, ValueError) as error:
        raise BoxError("the moderator's key cannot seal anything; copy it again") from error


def read_numbers(folder: Path) -> Numbers:
    """The public numbers of an opened round. Raises BoxError when it was never opened."""
    path = folder / NUMBERS
    if not path.exists():
        raise BoxError(f"{folder.name}: this round was never opened")
    return Numbers(**json.loads(path.read_text(encoding="utf-8")))


def _door(folder: Path) -> Door:
    try:
        key = read_round_key((folder / ROUND_KEY).read_text(encoding="utf-8"))
        vouchers = read_voucher_list((folder / VOUCHERS).read_text(encoding="utf-8"), key)
    except FileNotFoundError as error:
        raise BoxError(
            f"{folder.name}: {Path(str(error.filename)).name} is missing; open the round again"
        ) from None
    return Door(key, vouchers)


class Box:
    """A round folder behind the web pages. `today` gives the day the phases go by."""

    def __init__(self, folder: Path, today: Callable[[], date] = utc_day) -> None:
        self.folder = folder
        self.definition: Round = read_round(folder / DEFINITION)
        self.tickets = Tickets()
        self._today = today
        self._store: Store | None = None
        self._ledger: tuple[bytes, Ledger] | None = None

    @property
    def today(self) -> date:
        """The day the box goes by."""
        return self._today()

    def phase(self) -> Phase:
        """Where the round stands, from what is on disk and the day."""
        if not (self.folder / DATABASE).exists() or not (self.folder / KEY).exists():
            self._let_go()
            return "closed" if (self.folder / REPORT).exists() else "issue"
        if self._today() < self.definition.opens:
            return "issue"
        stopped = self._today() > self.definition.closes or self._open_store().stopped
        return "closing" if stopped else "open"

    def enter(self, text: str) -> Admission | None:
        """An admission for a pasted credential; None when its ballot is sealed.

        Raises CredentialError (`reason` says why) and BoxError outside the open phase.
        """
        if self.phase() != "open":
            raise BoxError("this round is not open for votes today")
        try:
            token = self._door.admit(text)
        except CredentialError as error:
            if error.reason in ("unknown", "forged"):
                self._open_store().refuse()
            raise
        handle = self._open_store().enter(token)
        return None if handle is None else handle + hmac.digest(token, ORDER, "sha256")

    def ballot(self, admission: Admission) -> Ballot | None:
        """The answers so far; None when the ballot is sealed."""
        return self._open_store().read(_handle(admission))

    def statements(self, admission: Admission) -> list[Statement]:
        """All statements, in this ballot's own order: the same on every visit between two mixes.

        The order is on the screen, and a picture of a screen is easily passed on. Drawn from the
        handle it would lead whoever seizes the disk to the ballot; so it is drawn from the token,
        which is on no disk.
        """
        return personal_order(read_statements(self.folder), admission[ID_BYTES:])

    def save(
        self, admission: Admission, votes: Mapping[int, int], polls: Mapping[int, int]
    ) -> bool:
        """Save answers by column; False when the ballot is sealed. Raises BoxError when closed."""
        if self.phase() != "open":
            raise BoxError("this round is not open for votes today")
        if not votes and not polls:
            return self.ballot(admission) is not None
        return self._open_store().write(_handle(admission), votes, polls)

    def suggest(self, admission: Admission, text: str, language: str) -> bool:
        """Seal a statement to the moderator; False when this credential has used up its three."""
        blob = seal(bytes.fromhex(self.numbers.moderator), text, language)
        return self._open_store().suggest(_handle(admission), blob)

    def seal(self, admission: Admission) -> bool:
        """Make the ballot final and forget whose credential it came from."""
        return self._open_store().seal(_handle(admission))

    def counts(self) -> tuple[int, int]:
        """Credentials issued and used."""
        return self._open_store().counts()

    @property
    def numbers(self) -> Numbers:
        """The public numbers and key given at the opening."""
        return read_numbers(self.folder)

    @property
    def fingerprint(self) -> str:
        """The round key's fingerprint, to compare with the invitation; "" before it is there.

        Read each time: a server started before the opening must show it once it is there.
        """
        path = self.folder / ROUND_KEY
        return read_round_key(path.read_text(encoding="utf-8")).fingerprint if path.exists() else ""

    @cached_property
    def _door(self) -> Door:
        return _door(self.folder)

    def ledger(self) -> Ledger | None:
        """The ledger beside the round, None when there is none. Raises LedgerError.

        It is on the first page, so its chain is worked through only when its bytes have changed.
        """
        path = self.folder / LEDGER
        data = path.read_bytes() if path.exists() else b""
        if not data:
            return None
        if self._ledger is None or self._ledger[0] != data:
            self._ledger = (data, Ledger(path, read_entries(data)))
        return self._ledger[1]

    def _let_go(self) -> None:
        if self._store is not None:
            self._store.close()
            self._store = None

    def _open_store(self) -> Store:
        if self._store is None:
            self._store = Store(self.folder)
        return self._store
