"""Figures of the study: python figures.py wh=OUT wce=OUT writes figures.json and the page's tables.

OUT is what run.sh wrote. figures.json holds figures only, no text; `python figures.py` alone makes
the tables of README.md anew from it, `--check` says whether they are those of the page.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
MEASURES = {"own_terms": "own terms", "strict": "conflation, strict", "broad": "conflation, broad",
            "listed": "listed", "warranted": "paired with a basis"}  # fmt: skip
CRUDE = {"own_terms": "own terms", "beside": "Russia in the sentence"}
COUNTRIES = {"BY": "Belarus", "KZ": "Kazakhstan", "IR": "Iran", "CN": "China", "GE": "Georgia"}
EVENT = "2022-02-24"
_RULE = "| --- | --- | --- | --- | --- | --- |"


def gather(out: Path) -> dict[str, Any]:
    """The figures of one set of texts, from the files that run.sh wrote."""
    report, series, controls = (json.loads((out / f"{name}.json").read_text(encoding="utf-8"))
                                for name in ("report", "series", "controls"))  # fmt: skip
    sides = {row["measure"]: {} for row in report["rates"]}
    for row in report["rates"]:
        if row["axis"] == f"event {EVENT}" and row["reprints"] == "as-published":
            told = ("printed", "denominator", "documents", "numerator")
            sides[row["measure"]][row["value"]] = {name: row[name] for name in told}
    differences = {change["measure"]: change["crude"] for change in report["changes"]
                   if change["date"] == EVENT}  # fmt: skip
    whole = {row["measure"]: {name: row[name] for name in ("printed", "denominator", "numerator")}
             for row in report["rates"]
             if row["axis"] == "all" and row["reprints"] == "as-published"}  # fmt: skip
    return {
        "run": {name: report["run"][name] for name in ("asobna", "codebook", "packs", "id")},
        "frame": report["frame"], "sides": sides, "differences": differences, "whole": whole,
        "series": {one["measure"]: one["countries"][0]["jump"] for one in series["measures"]},
        "controls": [_control(one) for one in controls["measures"] if one["measure"] in CRUDE],
        "shadow": controls["shadow"],
    }  # fmt: skip


def _control(one: dict[str, Any]) -> dict[str, Any]:
    beyond = {row["control"]: row["jump"] for row in one["beyond_control"]}
    rows = [{"country": side["country"], "before": side["before"]["printed"],
             "from": side["from"]["printed"], "difference": side["crude"], "jump": side["jump"],
             "beyond": beyond.get(side["country"])} for side in one["countries"]]  # fmt: skip
    return {"measure": one["measure"], "rows": rows}


def points(found: dict[str, float] | None, low: str = "low") -> str:
    """A difference in points: +16 [+8 to +24]."""
    if found is None:
        return "–"
    value = found["value"] if "value" in found else found["estimate"]
    signed = [f"{one * 100:+.0f}".replace("-", "−") if round(one * 100) else "0"
              for one in (value, found[low], found["high"])]  # fmt: skip
    return f"{signed[0]} [{signed[1]} to {signed[2]}]"


def rank(jump: dict[str, Any] | None) -> str:
    """How unusual a jump is among those at other dates."""
    if jump is None:
        return "–"
    return f"{jump['placebo_rank'] * 100:.0f} % of {jump['placebo_dates']}"


def short(printed: str) -> str:
    """A printed side without its reason: hidden is hidden."""
    return "hidden" if printed.startswith(("hidden", "not given")) else printed


def tables(found: dict[str, Any]) -> str:
    """All tables of one set, as Markdown."""
    own = found["sides"]["own_terms"]
    heads = [f"{word} ({own[side]['denominator']:,.0f} mentions, "
             f"{own[side]['documents']} documents)"
             for side, word in (("before", "before"), ("from", "from 24 Feb 2022"))]  # fmt: skip
    lines = [f"| | {heads[0]} | {heads[1]} | difference, points | monthly level, points | larger "
             "than at other dates |", _RULE]  # fmt: skip
    for code, name in MEASURES.items():
        sides = found["sides"][code]
        jump = found["series"].get(code)
        lines.append(f"| {name} | {short(sides['before']['printed'])} | "
                     f"{short(sides['from']['printed'])} | {points(found['differences'].get(code))}"
                     f" | {points(jump)} | {rank(jump)} |")  # fmt: skip
    for control in found["controls"]:
        lines += ["", f"Crude count, {CRUDE[control['measure']]}:", "",
                  "| | before | from 24 Feb 2022 | difference, points | Belarus beyond it, monthly "
                  "| larger than at other dates |", _RULE]  # fmt: skip
        for row in control["rows"]:
            lines.append(f"| {COUNTRIES[row['country']]} | {short(row['before'])} | "
                         f"{short(row['from'])} | {points(row['difference'])} | "
                         f"{points(row['beyond'])} | {rank(row['beyond'])} |")  # fmt: skip
    shadow, run = found["shadow"], found["run"]
    lines += ["", f"Shadow: Russia is in {shadow['russia_given_belarus'] * 100:.0f} % of "
              f"{shadow['sentences_belarus']:,} sentences that name Belarus; Belarus is in "
              f"{shadow['belarus_given_russia'] * 100:.1f} % of {shadow['sentences_russia']:,} "
              f"that name Russia: {points(shadow['difference'])} points.", "",
              "As published, uncorrected (the machine's own codes), 95 % intervals; asobna "
              f"{run['asobna']}, codebook {run['codebook']}, packs {run['packs']}, run "
              f"{run['id']}."]  # fmt: skip
    return "\n".join(lines).replace("\u00a0", " ")


def page(figures: dict[str, Any], text: str) -> str:
    """README.md with the tables between its marks made anew."""
    for name, found in figures.items():
        marks = f"<!-- {name} -->", f"<!-- /{name} -->"
        block = re.compile(f"{marks[0]}.*?{marks[1]}", re.DOTALL)
        made = f"{marks[0]}\n{tables(found)}\n{marks[1]}"
        text = block.sub(lambda _, made=made: made, text)
    return text


def main(arguments: list[str]) -> int:
    """Returns 1 when --check finds other tables on the page."""
    check = "--check" in arguments
    given = dict(argument.split("=", 1) for argument in arguments if "=" in argument)
    stored = HERE / "figures.json"
    if given:
        made = {name: gather(Path(out)) for name, out in given.items()}
        stored.write_text(json.dumps(made, ensure_ascii=False, indent=1, sort_keys=True) + "\n",
                          encoding="utf-8")  # fmt: skip
    figures = json.loads(stored.read_text(encoding="utf-8"))
    readme = HERE / "README.md"
    old = readme.read_text(encoding="utf-8")
    new = page(figures, old)
    if check:
        return int(old != new)
    readme.write_text(new, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
