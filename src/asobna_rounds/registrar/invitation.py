"""The invitation to a round. It opens with what became of the last one: no ledger, no invitation.

The text is the same for everybody invited, so holding it shows an invitation and nothing more.
"""

from __future__ import annotations

import hashlib

from asobna_rounds.credentials.helper_file import helper_bytes
from asobna_rounds.credentials.keys import RoundKey
from asobna_rounds.credentials.slips import SlipText
from asobna_rounds.errors import RegistrarError
from asobna_rounds.texts import words


def write_invitation(before: str, key: RoundKey, text: SlipText) -> str:
    """Plain text: `before` (from `ledger page --as invitation`), then how to take part.

    Raises RegistrarError when `before` is empty.
    """
    if not before.strip():
        raise RegistrarError(
            "an invitation opens with the ledger: give it the text of "
            "`ledger page LEDGER --as invitation`"
        )
    say = words("invitation", text.language)
    head = say["invited"].format(round=key.round_id, opens=text.opens, closes=text.closes)
    paragraphs = [
        before.strip(),
        f"{head}\n{text.address}",
        say["collect"],
        f"{say['mark']}\n{key.fingerprint}",
        f"{say['helper']}\n{hashlib.sha256(helper_bytes()).hexdigest()}",
        say["limits"],
        say["free"],
    ]
    return "\n\n".join(paragraphs) + "\n"
