"""RFC 9474: all four test vectors of appendix A byte for byte, and what the RFC refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.hashes import SHA384
from hypothesis import given, settings
from hypothesis import strategies as st

from asobna_rounds.credentials import blind_rsa as rsa
from asobna_rounds.errors import BlindingError

DATA = json.loads((Path(__file__).parent / "rfc9474_vectors.json").read_text("utf-8"))
N = int(DATA["p"], 16) * int(DATA["q"], 16)
SECRET = rsa.Secret(N, int(DATA["d"], 16))
MESSAGE = bytes.fromhex(DATA["msg"])
PAIRS = zip(DATA["vectors"], rsa.VARIANTS, strict=True)
CASES = [pytest.param(vector, variant, id=variant.name) for vector, variant in PAIRS]


def test_the_vectors_are_those_of_the_four_named_variants() -> None:
    assert [vector["name"] for vector in DATA["vectors"]] == [v.name for v in rsa.VARIANTS]
    assert N.bit_length() == 4096


@pytest.mark.parametrize(("vector", "variant"), CASES)
def test_vector_byte_for_byte(vector: dict[str, str], variant: rsa.Variant) -> None:
    salt, inverse = bytes.fromhex(vector["salt"]), int(vector["inv"], 16)
    prepared = rsa.prepare(variant, MESSAGE, bytes.fromhex(vector["msg_prefix"]) or None)
    assert prepared.hex() == vector["msg_prefix"] + DATA["msg"]

    blinded = rsa.blind(N, prepared, salt, lambda _: pow(inverse, -1, N))
    assert blinded == (bytes.fromhex(vector["blinded_msg"]), inverse)

    blind_signature = rsa.blind_sign(SECRET, blinded.message)
    assert blind_signature.hex() == vector["blind_sig"]

    signature = rsa.finalize(N, prepared, blind_signature, (inverse, variant.salt_bytes))
    assert signature.hex() == vector["sig"]


@pytest.mark.parametrize(("vector", "variant"), CASES)
def test_vector_verifies_as_ordinary_pss_in_another_library(
    vector: dict[str, str], variant: rsa.Variant
) -> None:
    prepared = bytes.fromhex(vector["msg_prefix"]) + MESSAGE
    pss = padding.PSS(padding.MGF1(SHA384()), variant.salt_bytes)
    RSAPublicNumbers(65537, N).public_key().verify(
        bytes.fromhex(vector["sig"]), prepared, pss, SHA384()
    )


def test_randomized_variants_add_fresh_32_bytes_and_others_add_none() -> None:
    first, second = (rsa.prepare(rsa.VARIANTS[0], b"m") for _ in range(2))
    assert (len(first), first[32:], first == second) == (33, b"m", False)
    assert rsa.prepare(rsa.VARIANTS[2], b"m") == b"m"
    with pytest.raises(BlindingError, match="the prefix has 31 bytes; RFC 9474 wants 32"):
        rsa.prepare(rsa.VARIANTS[0], b"m", bytes(31))


@pytest.mark.parametrize(
    "blinded", [b"", bytes(511), bytes(512), bytes(513), N.to_bytes(512, "big")], ids=len
)
def test_signer_refuses_numbers_outside_the_key(blinded: bytes) -> None:
    with pytest.raises(BlindingError, match="was not made for this round key"):
        rsa.blind_sign(SECRET, blinded)


def test_signer_gives_nothing_out_when_the_computation_went_wrong() -> None:
    broken = rsa.Secret(N, SECRET.d + 2)
    with pytest.raises(BlindingError, match="failed its own check; nothing was given out"):
        rsa.blind_sign(broken, (12345).to_bytes(512, "big"))


def test_an_answer_to_another_request_never_becomes_a_signature() -> None:
    one, two = (rsa.blind(N, m, bytes(48)) for m in (b"one", b"two"))
    answer = rsa.blind_sign(SECRET, two.message)
    with pytest.raises(BlindingError, match="does not belong to this request"):
        rsa.finalize(N, b"one", answer, (one.inverse, 48))
    with pytest.raises(BlindingError, match="the answer has 511 bytes, the round key wants 512"):
        rsa.finalize(N, b"one", answer[1:], (one.inverse, 48))


def test_a_short_modulus_is_refused_not_padded_badly() -> None:
    with pytest.raises(BlindingError, match="776 bits is too short for SHA-384 and this salt"):
        rsa.encode_pss(b"m", 775, bytes(48))


@settings(max_examples=20, deadline=None)
@given(message=st.binary(max_size=200), bit=st.integers(0, 4095))
def test_any_message_round_trips_and_one_wrong_bit_does_not(message: bytes, bit: int) -> None:
    blinded = rsa.blind(N, message, b"s" * 48)
    signature = rsa.finalize(
        N, message, rsa.blind_sign(SECRET, blinded.message), (blinded.inverse, 48)
    )
    assert rsa.verify_pss(N, message, signature, 48)
    flipped = (int.from_bytes(signature, "big") ^ (1 << bit)).to_bytes(512, "big")
    assert not rsa.verify_pss(N, message, flipped, 48)
    assert not rsa.verify_pss(N, message + b"x", signature, 48)


def test_every_request_fits_every_credential_equally_well() -> None:
    """Blindness itself: whoever holds all keys, requests and credentials learns no pairing.

    For each request and each credential there is exactly one blinding factor that would have
    made the one from the other, and all factors are equally likely. So every pairing explains
    what the registrar and the ballot box saw together.
    """
    made = []
    for number in range(4):
        message = f"token {number}".encode()
        blinded = rsa.blind(N, message, bytes([number]) * 48)
        answer = rsa.blind_sign(SECRET, blinded.message)
        made.append((blinded.message, rsa.finalize(N, message, answer, (blinded.inverse, 48))))
    for request, _ in made:
        for _, signature in made:
            padded = pow(int.from_bytes(signature, "big"), 65537, N)
            factor = pow(int.from_bytes(request, "big") * pow(padded, -1, N), SECRET.d, N)
            assert padded * pow(factor, 65537, N) % N == int.from_bytes(request, "big")
