"""The fuzz harness of `quality/fuzz_readers.py`: a short run here, 100,000 inputs by `--count`."""

import importlib.util
from pathlib import Path

import pytest

from asobna.limits import DEFAULTS

HARNESS = Path(__file__).parents[2] / "quality" / "fuzz_readers.py"


def harness():
    spec = importlib.util.spec_from_file_location("fuzz_readers", HARNESS)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("count", [640, pytest.param(100_000, marks=pytest.mark.slow)])
def test_every_mutated_input_ends_as_a_document_or_a_reject(count):
    limits = {**DEFAULTS, "wall_seconds": 10, "cpu_seconds": 5}
    found = harness().run(count, 11, limits)
    assert found["without_an_end"] == 0
    assert sum(found["ends"].values()) == found["inputs"] >= count
    assert found["slowest_seconds"] < limits["wall_seconds"] + 10
    assert found["parent_rise_mib"] < 100
    assert len(found["by_format"]) >= 9
    assert "no-reader" not in found["ends"]
