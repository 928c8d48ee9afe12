"""`asobna annotate DIR`: people code mentions in the terminal, blind to the machine's code.

Every coded mention is appended and forced to disk at once, so that a session can end anywhere; the
same command takes up where it stood.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, NamedTuple

import click

from asobna.annotation import (
    CODEBOOK,
    VALUES,
    Drawn,
    complete_label,
    draw_sample,
    find_value,
    questions,
)
from asobna.errors import ConfigError, InputError
from asobna.outputs.kwic import one_line
from asobna.outputs.report.command import read_coded
from asobna.outputs.report.folder import Folder, about, read_folder, reprint_families, texts_of

#: Code points of context shown on either side of the sentence.
CONTEXT_CP = 300
_SKIP, _STOP, _BACK = "?", "q", "b"
_ASKED = {
    "standing": "How is the mention placed?", "warrant": "What joins the pair?",
    "kind_of_pair": "What is paired?", "support": "What supports the label?",
    "basis": "What is put in Russia?", "actor": "Who is meant?",
    "blame": "What is put on the country or its people?", "voice": "Whose words?",
    "time": "Which time?",
}  # fmt: skip


class AnnotateArguments(NamedTuple):
    """What a user asked of `annotate`."""

    folder: str
    to: str
    coder: str
    size: int = 200
    seed: int = 1


@click.command("annotate")
@click.argument("folder", metavar="DIR")
@click.option("--to", required=True, metavar="FILE", help="Coded mentions (JSON lines); resumed.")
@click.option("--coder", required=True, metavar="ID", help="A role or initials, no name needed.")
@click.option(
    "--size", type=click.IntRange(1), default=200, show_default=True, help="Mentions in the sample."
)
@click.option("--seed", type=int, default=1, show_default=True,
              help="Coders who are to be compared use one seed.")  # fmt: skip
def annotate_command(folder: str, **flags: Any) -> int:
    """Code a stratified sample of mentions by the codebook, without seeing the machine's codes.

    Answer with a number or the beginning of a value; ? skips a mention, b begins it again, q stops.
    """
    return run_annotate(AnnotateArguments(folder, **flags))


def run_annotate(arguments: AnnotateArguments) -> int:
    """Ask until the sample is coded or the coder stops; returns 0.

    Raises ConfigError when the file was begun with another sample or by another coder.
    """
    path = Path(arguments.folder)
    folder = read_folder(path)
    sample = draw_sample(folder.standings, reprint_families(path)[0], arguments.size,
                         arguments.seed)  # fmt: skip
    done = _done(Path(arguments.to), arguments, {drawn.id for drawn in sample})
    left = [drawn for drawn in sample if drawn.id not in done]
    click.echo(f"{len(done)} of {len(sample)} coded. Codebook {CODEBOOK}.")
    texts = texts_of(path, sorted({_mention(folder, drawn)["document_id"] for drawn in left}))
    for number, drawn in enumerate(left, len(done) + 1):
        mention = _mention(folder, drawn)
        _show(texts[mention["document_id"]], mention, f"{number} of {len(sample)}")
        answers = _ask()
        if answers is None:
            break
        if answers:
            text = texts[mention["document_id"]]
            known = about(path, [mention["document_id"]])[mention["document_id"]]
            _append(
                Path(arguments.to), make_record(mention | known, drawn, text, (answers, arguments))
            )
    return 0


def _done(to: Path, arguments: AnnotateArguments, sample: set[str]) -> set[str]:
    if not to.exists():
        if not to.parent.is_dir():  # told before the first answer, which would be lost
            raise InputError(f"cannot write {to}: there is no folder {to.parent}; make it first")
        return set()
    if not to.is_file():
        raise InputError(f"cannot write {to}: it is no file; name one")
    _cut_unfinished(to)
    rows = read_coded(to)
    for row in rows:
        if row.get("coder") != arguments.coder:
            raise ConfigError(f"{to} holds the codes of '{row.get('coder')}'; use another file")
        if row["id"] not in sample:
            raise ConfigError(f"{to} was begun with another --size, --seed or reading")
    return {row["id"] for row in rows}


def _cut_unfinished(to: Path) -> None:
    """Drop a last line that a killed session left half-written."""
    content = to.read_bytes()
    if content and not content.endswith(b"\n"):
        to.write_bytes(content[: content.rfind(b"\n") + 1])


def _mention(folder: Folder, drawn: Drawn) -> dict[str, Any]:
    names = ["document_id", "start_cp", "end_cp", "sentence_start_cp", "sentence_end_cp", "lang"]
    row: dict[str, Any] = folder.standings.select(names).slice(drawn.row, 1).to_pylist()[0]
    return row


def _show(text: str, mention: dict[str, Any], place: str) -> None:
    first, last = mention["sentence_start_cp"], mention["sentence_end_cp"]
    start, end = mention["start_cp"], mention["end_cp"]
    click.echo(f"\n── {place} " + "─" * 40)
    click.secho(one_line(text[max(0, first - CONTEXT_CP) : first]), dim=True)
    click.echo(one_line(text[first:start]) + "[[" + one_line(text[start:end]) + "]]"
               + one_line(text[end:last]))  # fmt: skip
    click.secho(one_line(text[last : last + CONTEXT_CP]), dim=True)


def _ask() -> dict[str, str] | None:
    """Answers to every question; empty when skipped, None when the coder stops."""
    answers: dict[str, str] = {}
    while left := questions(answers) if answers else ["standing"]:
        value = _ask_one(left[0])
        if value == _STOP:
            return None
        if value == _SKIP:
            return {}
        if value == _BACK:
            answers = {}
            continue
        answers[left[0]] = value
    try:
        sure = click.prompt("Sure? [y]es, [n]o, or a word why not", default="y", show_default=False)
    except (click.Abort, EOFError):
        return None
    if sure.strip().lower() not in ("y", "yes"):
        answers["uncertain"] = sure.strip()
    return answers


def _ask_one(variable: str) -> str:
    listed = "  ".join(f"{number} {value}" for number, value in enumerate(VALUES[variable], 1))
    while True:
        try:
            typed = click.prompt(f"{_ASKED[variable]}  {listed}\n{variable}", prompt_suffix="> ")
        except (click.Abort, EOFError):
            return _STOP
        if typed.strip().lower() in (_SKIP, _STOP, _BACK):
            return str(typed.strip().lower())
        value = find_value(variable, typed)
        if value is not None:
            return value
        click.echo(f"'{one_line(typed)}' fits no value or several: a number, or more of the word.")


_KEPT = ("document_id", "kind", "date", "source", "speaker", "party")


def make_record(
    mention: dict[str, Any], drawn: Drawn, text: str, coded: tuple[dict[str, str], Any]
) -> dict[str, Any]:
    """One coded mention in the coded-set format, with its chance of having been drawn."""
    answers, arguments = dict(coded[0]), coded[1]
    unsure = answers.pop("uncertain", None)
    first, last = mention["sentence_start_cp"], mention["sentence_end_cp"]
    return {name: mention[name] for name in _KEPT} | {
        "id": drawn.id, "lang": mention["lang"], "stratum": drawn.stratum,
        "stratum_size": drawn.stratum_size, "stratum_drawn": drawn.stratum_drawn,
        "probability": drawn.probability,
        "before": text[max(0, first - CONTEXT_CP):first].strip(), "text": text[first:last],
        "after": text[last:last + CONTEXT_CP].strip(),
        "start": mention["start_cp"] - first, "end": mention["end_cp"] - first,
        "start_cp": mention["start_cp"], "end_cp": mention["end_cp"],
        "label": complete_label(answers), "coder": arguments.coder, "codebook_version": CODEBOOK,
        "uncertain": unsure is not None, "reason": unsure, "seed": arguments.seed,
    }  # fmt: skip


def _append(to: Path, record: dict[str, Any]) -> None:
    try:
        with to.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(record, ensure_ascii=False, sort_keys=True) + "\n")
            stream.flush()
            os.fsync(stream.fileno())
    except OSError as error:
        raise InputError(f"cannot write {to}: {error.strerror}") from error
