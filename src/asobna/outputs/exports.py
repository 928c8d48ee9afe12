"""`asobna export-rules`: what of a pack other tools can use, with what they cannot express.

Only forms of names travel: a list of words knows nothing of sentences, so no rule that judges how
Belarus stands to Russia is exported. Every file says what is lost, in the words of LOST.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import click
import pyarrow.compute as pc

from asobna.errors import ConfigError, InputError
from asobna.lexicon import MAX_ENDING_LETTERS
from asobna.outputs.drafts import Reference, make_reference
from asobna.outputs.whole import write_whole
from asobna.pack_files import told_packs
from asobna.packs import read_packs

LOST = (
    "Only forms of names are here. Not expressed: quotations, titles and history, where an older",
    "name is right; every rule that reads a sentence (absorbed, derived, paired, blame); facts and",
    "their dates; endings a replacement would need in an inflecting language. Look at each remark.",
)
_LEVEL = {"E": "error", "S": "suggestion", "C": "warning"}
_LETTER = r"[\p{L}\p{M}]"


class Form(NamedTuple):
    """A form of a name that a rule remarks on, with its replacement."""

    form: str
    open_ended: bool
    replacement: str


class NameRule(NamedTuple):
    """A rule about forms of names, with all that the pack says about it."""

    advice: dict[str, Any]
    forms: list[Form]
    link: str


def name_rules(reference: Reference, lang: str) -> list[NameRule]:
    """Rules of a language that rest on the form of a name alone. Raises InputError without any."""
    names = reference.packs.names[lang].to_pylist()
    found = []
    for rows in reference.rules.values():
        when = json.loads(rows[lang]["when"]) if lang in rows else {}
        if set(when) != {"name_form"}:
            continue
        forms = [
            Form(row["form"], row["open_ended"], row["replacement"])
            for row in names
            if row["status"] in when["name_form"] and row["replacement"]
        ]
        if forms:
            found.append(
                NameRule(rows[lang], _without_doubles(forms), _link(rows[lang], reference))
            )
    if not found:
        raise InputError(f"the pack '{lang}' has no rule about forms of names; nothing to export")
    return found


def _without_doubles(forms: list[Form]) -> list[Form]:
    return list({form.form: form for form in reversed(forms)}.values())[::-1]


def _link(advice: dict[str, Any], reference: Reference) -> str:
    sources = [s for fact in reference.cited(advice) for s in fact["sources"]]
    return next((s["url"] for s in sources if s.get("url", "").startswith("http")), "")


def _head(lang: str, reference: Reference) -> list[str]:
    """First lines of every file that can hold remarks: origin, version, and what is lost."""
    packs = {row["lang"]: row for row in reference.packs.languages.to_pylist()}
    made = f"Made by asobna {version('asobna')} from pack {lang} {packs[lang]['version']}"
    return [f"{made}, sha256 {packs[lang]['sha256'][:16]}.", *LOST]


def _remarks(lines: list[str]) -> str:
    return "".join(f"# {line}\n" for line in lines)


def _quoted(text: str) -> str:
    """A YAML string: JSON strings are YAML."""
    return json.dumps(text, ensure_ascii=False)


def _said(advice: dict[str, Any], surface: str, replacement: str) -> str:
    return str(advice["message"].format(surface=surface, span=surface, replacement=replacement))


def vale_style(reference: Reference, lang: str) -> dict[str, str]:
    """A Vale style: path → content, one substitution rule a file."""
    files = {}
    for rule in name_rules(reference, lang):
        advice = rule.advice
        lines = [
            "extends: substitution",
            # Vale fills in what is expected, then what it saw
            f"message: {_quoted('Consider “%s”: “%s” is another form. ' + advice['because'])}",
            f"level: {_LEVEL[advice['severity']]}",
            "ignorecase: false",
            *([f"link: {rule.link}"] if rule.link else []),
            "action:",
            "  name: replace",
            "swap:",
            *(f"  {_quoted(_vale_key(form))}: {_quoted(form.replacement)}" for form in rule.forms),
        ]
        name = "".join(part.capitalize() for part in advice["id"].split("."))
        files[f"Asobna/{name}.yml"] = _remarks(_head(lang, reference)) + "\n".join(lines) + "\n"
    return files


def _vale_key(form: Form) -> str:
    ending = rf"\p{{L}}{{0,{MAX_ENDING_LETTERS}}}" if form.open_ended else ""
    return re.escape(form.form).replace(r"\ ", " ") + ending


def codespell_dictionary(reference: Reference, lang: str) -> dict[str, str]:
    """A codespell dictionary: single words in small letters; its reason field asks to look.

    The format has no remarks and an entry with a reason is never fixed by itself, which is right.
    """
    lines = {}
    for rule in name_rules(reference, lang):
        reason = "a form of a name; right in quotations and history"  # no comma: it would split
        for form in rule.forms:
            if re.fullmatch(r"[^\W\d_]+(?:[-'][^\W\d_]+)*", form.form) and not form.open_ended:
                lines[form.form.lower()] = f"{form.replacement}, {reason}"
    return {"asobna.dic": "".join(f"{word}->{rest}\n" for word, rest in sorted(lines.items()))}


def prh_rules(reference: Reference, lang: str) -> dict[str, str]:
    """Rules of textlint's prh: words, and for what may take an ending or is not ASCII, patterns."""
    parts = [_remarks(_head(lang, reference)), "version: 1\n", "rules:\n"]
    for rule in name_rules(reference, lang):
        for form in rule.forms:
            told = _said(rule.advice, form.form, form.replacement)
            parts.append(
                f"  - expected: {_quoted(form.replacement)}\n"
                f"    pattern: {_quoted(_prh_pattern(form))}\n"
                f"    prh: {_quoted(told + ' ' + rule.advice['because'])}\n"
            )
    return {"asobna.prh.yml": "".join(parts)}


def _prh_pattern(form: Form) -> str:
    """prh knows the flags g, i, m and y, and itself adds the one for Unicode."""
    ending = rf"\p{{L}}{{0,{MAX_ENDING_LETTERS}}}" if form.open_ended else ""
    literal = re.sub(r"([\\/.*+?|()\[\]{}^$])", r"\\\1", form.form)
    return f"/(?<!{_LETTER}){literal}{ending}(?!{_LETTER})/"


def quanteda_dictionary(reference: Reference, lang: str) -> dict[str, str]:
    """A quanteda dictionary: names by side and kind, as glob patterns.

    Counting its hits counts names, not mentions: traps and ambiguous names cannot be told apart
    by a list, and are under keys of their own.
    """
    names = reference.packs.names[lang]
    tree: dict[str, dict[str, set[str]]] = {}
    rows = names.filter(pc.is_valid(names.column("class"))).to_pylist()
    for row in rows:
        side, _, kind = row["class"].partition(".")
        kind = f"{kind or 'other'}{'_ambiguous' if row['needs_cue'] else ''}"
        glob = row["form"].lower().replace("*", "") + ("*" if row["open_ended"] else "")
        tree.setdefault(side, {}).setdefault(kind, set()).add(glob)
    lines = [
        _remarks(
            [
                *_head(lang, reference),
                "Forms under `trap` look like names of Belarus or Russia and are none; forms under",
                "…_ambiguous count only beside another name of Belarus. Remove both by hand.",
            ]
        )
    ]
    for side in sorted(tree):
        lines.append(f"{side}:\n")
        for kind in sorted(tree[side]):
            lines.append(f"  {kind}:\n")
            lines += [f"    - {_quoted(form)}\n" for form in sorted(tree[side][kind])]
    return {"asobna.quanteda.yml": "".join(lines)}


EXPORTS = {
    "vale": vale_style,
    "codespell": codespell_dictionary,
    "prh": prh_rules,
    "quanteda": quanteda_dictionary,
}


def write_files(files: dict[str, str], folder: Path) -> Iterator[Path]:
    """Write files below a folder. Raises InputError when one cannot be written."""
    for name, content in files.items():
        path = folder / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(
                f"{path.parent}: cannot make this folder: {error.strerror or error}"
            ) from error
        write_whole(path, content)
        yield path


@click.command("export-rules")
@click.argument("tool", type=click.Choice(list(EXPORTS)))
@click.option("--lang", required=True, metavar="CODE", help="Pack to export.")
@click.option("--output", default=".", show_default=True, metavar="FOLDER", help="Where to write.")
def export_command(tool: str, lang: str, output: str) -> int:
    """Write the forms of names of a pack for Vale, codespell, textlint (prh) or quanteda.

    Lists of words cannot judge a sentence: each file says what it leaves out.
    """
    known = read_packs().codes
    if lang not in known:
        raise ConfigError(f"no pack for '{lang}'; {told_packs(known)}")
    reference = make_reference(read_packs(only=(lang,)))
    for path in write_files(EXPORTS[tool](reference, lang), Path(output)):
        click.echo(str(path))
    for line in LOST:
        click.echo(line, err=True)
    return 0
