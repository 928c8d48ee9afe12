"""Exports: what other tools can use, checked by those tools where they can be had."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from asobna.errors import ConfigError, InputError
from asobna.outputs.drafts import make_reference
from asobna.outputs.exports import (
    EXPORTS,
    LOST,
    Form,
    _prh_pattern,
    _vale_key,
    export_command,
    name_rules,
)
from texts import english

REFERENCE = make_reference(english())
FORMS = {form.form: form.replacement for rule in name_rules(REFERENCE, "en") for form in rule.forms}


@pytest.mark.parametrize("tool", ["vale", "prh", "quanteda"])
def test_every_file_that_holds_remarks_says_what_it_leaves_out(tool):
    for content in EXPORTS[tool](REFERENCE, "en").values():
        remarks = [line[2:] for line in content.splitlines() if line.startswith("# ")]
        assert remarks[0].startswith("Made by asobna ")
        assert tuple(remarks[1 : 1 + len(LOST)]) == LOST


def test_vale_gets_a_substitution_rule_a_file():
    files = EXPORTS["vale"](REFERENCE, "en")
    assert sorted(files) == ["Asobna/NameFormer.yml", "Asobna/NameSpelling.yml"]
    swaps = {}
    for content in files.values():
        rule = yaml.safe_load(content)
        assert set(rule) <= {"extends", "message", "level", "ignorecase", "link", "action", "swap"}
        assert (rule["extends"], rule["level"]) == ("substitution", "suggestion")
        assert rule["message"].count("%s") == rule["message"].count("%") == 2
        swaps |= rule["swap"]
    assert swaps == FORMS


def test_an_open_ended_form_takes_letters_and_no_sign_is_left_alive():
    form = Form("a.b c", True, "x")
    assert _vale_key(form) == r"a\.b c\p{L}{0,8}"
    assert _prh_pattern(form) == r"/(?<![\p{L}\p{M}])a\.b c\p{L}{0,8}(?![\p{L}\p{M}])/"


def test_codespell_reports_and_never_fixes_by_itself(tmp_path):
    codespell = Path(sys.executable).with_name("codespell")
    if not codespell.exists():
        pytest.skip("codespell is not installed: pip install codespell")
    (dictionary,) = EXPORTS["codespell"](REFERENCE, "en").items()
    (tmp_path / dictionary[0]).write_text(dictionary[1])
    draft = tmp_path / "a.txt"
    draft.write_text("Belorussia voted.\nThe Belarusian press.\n")
    done = subprocess.run(
        [codespell, "-w", "-D", tmp_path / dictionary[0], draft],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert "a.txt:1: Belorussia ==> Belarus" in done.stdout
    assert "right in quotations and history" in done.stdout
    assert "Belarusian " not in done.stdout
    assert draft.read_text().startswith("Belorussia")


def test_quanteda_gets_names_by_side_and_kind_with_traps_apart():
    tree = yaml.safe_load(EXPORTS["quanteda"](REFERENCE, "en")["asobna.quanteda.yml"])
    assert "belarus" in tree["belarus"]["country"]
    assert "russia" in tree["russia"]["country"]
    assert "russia" not in tree["belarus"]["country"]
    names = [name for kinds in tree.values() for forms in kinds.values() for name in forms]
    assert all(name == name.lower() and not re.search(r"[?\[\]{}]", name) for name in names)
    assert "trap" in tree


def test_the_command_writes_files_and_tells_what_is_lost(tmp_path):
    done = CliRunner().invoke(
        export_command, ["prh", "--lang", "en", "--output", str(tmp_path)], standalone_mode=False
    )
    assert done.output.splitlines()[0] == str(tmp_path / "asobna.prh.yml")
    rules = yaml.safe_load((tmp_path / "asobna.prh.yml").read_text())["rules"]
    assert len(rules) == len({form for rule in name_rules(REFERENCE, "en") for form in rule.forms})


def test_a_language_without_a_pack_or_without_name_rules_is_told(tmp_path):
    done = CliRunner().invoke(export_command, ["prh", "--lang", "tlh"], standalone_mode=False)
    assert isinstance(done.exception, ConfigError)
    bare = REFERENCE._replace(rules={})
    with pytest.raises(InputError, match="no rule about forms of names"):
        EXPORTS["vale"](bare, "en")
