"""Krippendorff's alpha against its author's own example and an independent implementation."""

from __future__ import annotations

import json

import numpy as np
import pytest

from asobna.agreement import alpha_interval, krippendorff_alpha, measure_agreement
from asobna.errors import InputError
from asobna.outputs.agreement import run_agreement

# Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011), section C: four observers,
# twelve units, values missing; nominal alpha is 0.743.
N = None
OBSERVERS = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, N, N, N],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, N, 3],
    [N, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, N],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, N],
]
UNITS = list(zip(*OBSERVERS, strict=True))


def test_alpha_of_the_published_example():
    assert krippendorff_alpha(UNITS) == pytest.approx(0.743, abs=0.0005)


def test_alpha_of_two_observers_by_hand():
    """Section B of the same text: ten units, binary; alpha is 0.095."""
    first = [0, 1, 0, 0, 0, 0, 0, 0, 1, 0]
    second = [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]
    assert krippendorff_alpha(list(zip(first, second, strict=True))) == pytest.approx(
        0.095, abs=0.0005
    )


def test_alpha_is_that_of_the_reference_package():
    reference = pytest.importorskip("krippendorff")
    rng = np.random.default_rng(3)
    for _ in range(20):
        data = rng.integers(0, 4, (3, 40)).astype(float)
        data[:, :20] = data[0, :20]
        data[rng.random(data.shape) < 0.15] = np.nan
        units = [[None if np.isnan(v) else v for v in column] for column in data.T]
        assert krippendorff_alpha(units) == pytest.approx(
            reference.alpha(reliability_data=data, level_of_measurement="nominal"), abs=1e-9
        )


def test_full_agreement_is_one_and_chance_is_near_zero():
    rng = np.random.default_rng(4)
    values = rng.integers(0, 3, 500)
    assert krippendorff_alpha(list(zip(values, values, strict=True))) == 1.0
    other = rng.permutation(values)
    assert abs(krippendorff_alpha(list(zip(values, other, strict=True)))) < 0.08


@pytest.mark.parametrize("units", [[], [["a", None]], [["a", "a"], ["a", "a"]]])
def test_alpha_is_undefined_where_nothing_can_differ(units):
    assert krippendorff_alpha(units) is None


def test_interval_holds_alpha_and_narrows_with_units():
    rng = np.random.default_rng(5)
    values = rng.integers(0, 3, 400)
    other = np.where(rng.random(400) < 0.85, values, rng.integers(0, 3, 400))
    units = list(zip(values, other, strict=True))
    wide, narrow = alpha_interval(units[:60], 1), alpha_interval(units, 1)
    assert wide[0] < krippendorff_alpha(units[:60]) < wide[1]
    assert narrow[1] - narrow[0] < 0.6 * (wide[1] - wide[0])
    assert alpha_interval(units, 1) == narrow
    assert alpha_interval(units[:9], 1) is None


def label(standing, **attributes):
    return {"standing": standing, "actor": "country", "blame": "R0", "voice": "author",
            "time": "present"} | attributes  # fmt: skip


def test_attribute_of_one_standing_is_compared_where_both_gave_it():
    first = {str(n): label("paired", warrant="parallel") for n in range(20)}
    second = {
        str(n): label("paired", warrant="joint-act") if n < 12 else label("own") for n in range(20)
    }
    found = {a.variable: a for a in measure_agreement([first, second])}
    assert found["warrant"].units == 12
    assert found["standing"].units == 20
    assert "support" not in found


@pytest.mark.parametrize(
    ("agreeing", "verdict"),
    [(40, "publish"), (35, "tentative"), (25, "merge values first")],
)
def test_verdicts_of_the_codebook(agreeing, verdict):
    first = {str(n): label("own" if n % 2 else "paired") for n in range(40)}
    second = {str(n): label("own" if (n % 2) == (n < agreeing) else "paired") for n in range(40)}
    found = measure_agreement([first, second])[0]
    assert (found.variable, found.verdict) == ("standing", verdict), found.alpha


def write_codes(path, coder, standings):
    path.write_text(
        "".join(
            json.dumps({"id": str(n), "coder": coder, "label": label(value)}) + "\n"
            for n, value in enumerate(standings)
        ),
        encoding="utf-8",
    )
    return str(path)


def test_command_prints_alpha_interval_units_and_verdict(tmp_path, capsys):
    values = ["own", "paired", "listed"] * 10
    files = (
        write_codes(tmp_path / "a.jsonl", "one", values),
        write_codes(tmp_path / "b.jsonl", "two", values),
    )
    assert run_agreement(files) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Coders: one, two. Alpha for nominal values, 95 % intervals over mentions."
    assert lines[2].split() == ["standing", "1.00", "[1.00–1.00]", "30", "publish"]
    assert lines[3].endswith("not determined: too few units, or one value only")


def test_one_coder_is_not_enough(tmp_path):
    file = write_codes(tmp_path / "a.jsonl", "one", ["own"])
    with pytest.raises(InputError, match="at least two coders"):
        run_agreement((file,))


def test_bad_line_is_named(tmp_path):
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"id": "1", "label": {}}\n', encoding="utf-8")
    with pytest.raises(InputError, match=r"bad\.jsonl:1: a coded mention needs id and label"):
        run_agreement((str(bad),))
