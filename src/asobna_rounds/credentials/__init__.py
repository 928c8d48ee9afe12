"""Credentials of a round, in two tiers that end as the same thing. NEEDS OUTSIDE REVIEW.

What the ballot box needs, and all it needs (it never loads a private key):

    opening = read_opening(text)                  # key, voucher list, invited, issued, again
    door = Door(opening.key, opening.vouchers)    # or VoucherList.of(key, ()) without vouchers
    token = door.admit(pasted)                    # 32 bytes, or CredentialError with .reason
    stored = tag(round_secret, token)             # 32 bytes: all that is ever stored

Tier 1 (blinded on the participant's own device) and tier 2 (paper voucher) both give a signed
32-byte token; `tag` keeps neither the tier nor the signature. The same person coming back gives
the same tag. Names are loaded on first use, so the offline helper, which has only the standard
library, can import `asobna_rounds.credentials.blind_rsa` without the `cryptography` package.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from asobna_rounds.credentials.door import Door
    from asobna_rounds.credentials.keys import RoundKey, read_round_key
    from asobna_rounds.credentials.opening import Opening, read_opening
    from asobna_rounds.credentials.tokens import SignedToken, read_credential, write_credential
    from asobna_rounds.credentials.verification import tag, verify
    from asobna_rounds.credentials.vouchers import (
        VoucherList,
        read_code,
        read_voucher_list,
        show_code,
    )

__all__ = [
    "Door",
    "Opening",
    "RoundKey",
    "SignedToken",
    "VoucherList",
    "read_code",
    "read_credential",
    "read_opening",
    "read_round_key",
    "read_voucher_list",
    "show_code",
    "tag",
    "verify",
    "write_credential",
]

_HOME = {
    "Door": "door",
    "SignedToken": "tokens",
    "read_credential": "tokens",
    "write_credential": "tokens",
    "Opening": "opening",
    "read_opening": "opening",
    "RoundKey": "keys",
    "read_round_key": "keys",
    "tag": "verification",
    "verify": "verification",
    "VoucherList": "vouchers",
    "read_code": "vouchers",
    "read_voucher_list": "vouchers",
    "show_code": "vouchers",
}


def __getattr__(name: str) -> Any:
    """Load an exported name from its module on first use (PEP 562)."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415

    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
