"""The registrar's opening file: all the ballot box is told about the issue phase.

    invited: 40
    issued: 31
    again: 1
    -----BEGIN ASOBNA ROUND KEY----- ...
    -----BEGIN ASOBNA VOUCHER LIST----- ...

Public except that it is not published; nothing in it is secret without a voucher code.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from asobna_rounds.credentials.keys import RoundKey, read_round_key
from asobna_rounds.credentials.vouchers import VoucherList, read_voucher_list
from asobna_rounds.errors import EnvelopeError


@dataclass(frozen=True)
class Opening:
    """A round's public key and voucher list; people invited, credentials issued and reissued."""

    key: RoundKey
    vouchers: VoucherList
    invited: int
    issued: int
    again: int

    def to_text(self) -> str:
        """The opening file."""
        numbers = f"invited: {self.invited}\nissued: {self.issued}\nagain: {self.again}\n"
        return numbers + self.key.to_text() + self.vouchers.to_text()


def read_opening(text: str) -> Opening:
    """The opening in a registrar's file. Raises EnvelopeError when a part is missing or damaged."""
    key = read_round_key(text)
    numbers = []
    for name in ("invited", "issued", "again"):
        found = re.search(rf"^{name}: (\d{{1,7}})$", text, re.MULTILINE)
        if not found:
            raise EnvelopeError(f'the line "{name}:" is missing in the opening file; make it again')
        numbers.append(int(found.group(1)))
    return Opening(key, read_voucher_list(text, key), *numbers)
