"""Blind RSA against a second implementation, @cloudflare/blindrsa-ts, both ways round.

Runs where Node is and ASOBNA_BLINDRSA_TS names the installed package's folder
(npm install @cloudflare/blindrsa-ts); skips elsewhere.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from asobna_rounds.credentials import blind_rsa

PACKAGE = os.environ.get("ASOBNA_BLINDRSA_TS", "")
pytestmark = [
    pytest.mark.skipif(shutil.which("node") is None, reason="Node is not installed"),
    pytest.mark.skipif(not PACKAGE, reason="ASOBNA_BLINDRSA_TS does not name the npm package"),
]


@pytest.fixture(scope="module")
def numbers() -> rsa.RSAPrivateNumbers:
    return rsa.generate_private_key(65537, 2048).private_numbers()


@pytest.fixture(scope="module")
def jwk(numbers: rsa.RSAPrivateNumbers) -> dict[str, str]:
    def write(number: int) -> str:
        data = number.to_bytes((number.bit_length() + 7) // 8, "big")
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

    parts = {"n": numbers.public_numbers.n, "e": 65537, "d": numbers.d, "p": numbers.p}
    parts |= {"q": numbers.q, "dp": numbers.dmp1, "dq": numbers.dmq1, "qi": numbers.iqmp}
    return {"kty": "RSA", **{name: write(number) for name, number in parts.items()}}


def theirs(step: str, **request: Any) -> dict[str, Any]:
    script = Path(__file__).parent / "interop.mjs"
    done = subprocess.run(
        ["node", str(script), PACKAGE],
        input=json.dumps({"step": step, **request}),
        capture_output=True,
        text=True,
        check=True,
    )
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


@pytest.mark.parametrize("variant", blind_rsa.VARIANTS, ids=lambda v: v.name)
def test_their_participant_and_our_registrar(
    variant: blind_rsa.Variant, numbers: rsa.RSAPrivateNumbers, jwk: dict[str, str]
) -> None:
    common = {"variant": variant.name, "jwk": jwk}
    asked = theirs("blind", message=secrets.token_hex(40), **common)
    secret = blind_rsa.Secret(numbers.public_numbers.n, numbers.d)
    answer = blind_rsa.blind_sign(secret, bytes.fromhex(asked["blinded"])).hex()
    made = theirs("finalize", answer=answer, **asked, **common)
    valid = blind_rsa.verify_pss(
        numbers.public_numbers.n,
        bytes.fromhex(asked["prepared"]),
        bytes.fromhex(made["signature"]),
        variant.salt_bytes,
    )
    assert valid is True


@pytest.mark.parametrize("variant", blind_rsa.VARIANTS, ids=lambda v: v.name)
def test_our_participant_and_their_registrar(
    variant: blind_rsa.Variant, numbers: rsa.RSAPrivateNumbers, jwk: dict[str, str]
) -> None:
    common, n = {"variant": variant.name, "jwk": jwk}, numbers.public_numbers.n
    prepared = blind_rsa.prepare(variant, secrets.token_bytes(40))
    blinded = blind_rsa.blind(n, prepared, secrets.token_bytes(variant.salt_bytes))
    answer = bytes.fromhex(theirs("sign", blinded=blinded.message.hex(), **common)["answer"])
    signature = blind_rsa.finalize(n, prepared, answer, (blinded.inverse, variant.salt_bytes))
    checked = {"prepared": prepared.hex(), **common}
    assert theirs("verify", signature=signature.hex(), **checked) == {"valid": True}
    wrong = bytes([signature[0] ^ 1]) + signature[1:]
    assert theirs("verify", signature=wrong.hex(), **checked) == {"valid": False}
