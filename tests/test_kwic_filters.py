"""A filter that could fit nothing is told with what there is; one that could and does not is 0."""

from __future__ import annotations

import re
import shutil

import pytest

from asobna.errors import ConfigError
from asobna.outputs.kwic import KwicArguments, run_kwic
from asobna.outputs.read import Options, run_read
from asobna.pack_files import BUILT_IN
from corpora import newspaper, write_folder

DATES = "Dates here are from 2021-03-01 to 2022-06-01"
PERIODS = "write 2022, 2022-H1, 2022-02 or 2022-02-24"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    documents, mentions = newspaper(12, seed_dates=("2021-03-01", "2022-06-01"))
    return write_folder(tmp_path_factory.mktemp("made") / "folder", documents, mentions)


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("period", "foo", f"--period 'foo' is no period; {PERIODS}. {DATES}"),
        ("period", "2022-H3", f"--period '2022-H3' is no period; {PERIODS}. {DATES}"),
        ("period", "2022-13", f"--period '2022-13' is no period; {PERIODS}. {DATES}"),
        ("period", "2022-02-30", f"--period '2022-02-30' is no period; {PERIODS}. {DATES}"),
        ("period", "202", f"--period '202' is no period; {PERIODS}. {DATES}"),
        ("period", "", f"--period '' is no period; {PERIODS}. {DATES}"),
        ("since", "2022-H1", "--since '2022-H1' is no date; write 2022, 2022-02 or 2022-02-24. "
         + DATES),
        ("before", "24.2.2022", "--before '24.2.2022' is no date; write 2022, 2022-02 or "
         "2022-02-24. " + DATES),
        ("rule", "nosuch", "no rule 'nosuch' decides a standing; there are default.own, "
         "en.absorbed.place, en.paired.direct"),
        ("rule", "shared.no", "no rule 'shared.no' decides a standing; there are default.own, "
         "en.absorbed.place, en.paired.direct"),
        ("rule", "en.paired.dirct", "no rule 'en.paired.dirct' decides a standing; nearest: "
         "en.paired.direct"),
        ("source", "Daily Z", "no document here has the source 'Daily Z'; nearest: Daily B, "
         "Daily A"),
        ("lang", "xx", "no document here has the lang 'xx'; there are en"),
        ("party", "x", "no document here has the party 'x'; none has any"),
    ],
)  # fmt: skip
def test_a_filter_that_could_fit_nothing_is_told(folder, capsys, name, value, told):
    with pytest.raises(ConfigError, match=f"^{re.escape(told)}$") as caught:
        run_kwic(KwicArguments(str(folder), {name: value}))
    assert caught.value.exit_code == 2
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("name", "value", "lines"),
    [
        ("period", "2021", 18), ("period", "2021-H1", 18), ("period", "2021-03", 18),
        ("period", "2021-03-01", 18), ("period", "2023-H2", 0), ("since", "2022", 18),
        ("before", "2022-02", 18), ("rule", "en.absorbed.place", 2), ("rule", "default.own", 30),
        ("rule", "en.listed.run_list", 0), ("source", "Daily A", 18),
    ],
)  # fmt: skip
def test_a_filter_that_could_fit_is_counted(folder, capsys, name, value, lines):
    assert run_kwic(KwicArguments(str(folder), {name: value})) == (0 if lines else 1)
    assert capsys.readouterr().err == f"{lines} mentions fit, {lines} written\n"


def test_rules_of_packs_that_were_given_are_known(tmp_path, capsys):
    for name in ("en", "shared"):
        shutil.copytree(BUILT_IN / name, tmp_path / "packs" / name)
    place = tmp_path / "packs" / "en" / "patterns" / "listed.toml"
    place.write_text(place.read_text().replace("en.listed.run_list", "en.listed.mine"))
    (tmp_path / "a.txt").write_text("Minsk in Belarus")
    given = {"lang": "en", "packs": str(tmp_path / "packs")}
    run_read(Options((str(tmp_path / "a.txt"),), str(tmp_path / "run"), **given))
    assert run_kwic(KwicArguments(str(tmp_path / "run"), {"rule": "en.listed.mine"})) == 1
    with pytest.raises(ConfigError, match=r"no rule 'en\.listed\.run_list' decides a standing"):
        run_kwic(KwicArguments(str(tmp_path / "run"), {"rule": "en.listed.run_list"}))
    shutil.rmtree(tmp_path / "packs")
    assert run_kwic(KwicArguments(str(tmp_path / "run"), {"rule": "en.listed.run_list"})) == 1


@pytest.mark.parametrize(("limit", "told"), [(1, "1 line of 36 that fit"), (36, "36 lines")])
def test_a_page_of_lines_says_how_many_it_leaves_out(folder, tmp_path, limit, told):
    target = tmp_path / "lines.html"
    run_kwic(KwicArguments(str(folder), {}, None, "html", str(target), limit=limit))
    assert f"<p>{told}, in the order of documents.</p>" in target.read_text(encoding="utf-8")
