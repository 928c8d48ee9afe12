"""`asobna check`: findings on drafts, for a person, a build server or another program."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, NamedTuple

import click
import pyarrow as pa
import pyarrow.compute as pc

from asobna.documents import decode, each_page
from asobna.errors import ConfigError, InputError
from asobna.markup import unreasoned_ignores
from asobna.outputs import formats, terminal
from asobna.outputs.baseline import known_findings, write_baseline
from asobna.packs import Packs, read_packs
from asobna.pipeline import check_documents, extract_pages
from asobna.positions import Lines
from asobna.settings import Settings, find_settings
from asobna.sources.files import PAGE_ENDINGS, STDIN, find_files, read_pages
from asobna.sources.inputs import is_table
from asobna.sources.readers import GUARDED
from asobna.tables import DOCUMENTS, SEVERITIES
from asobna.texts import texts_of

OUTPUT_FORMATS = ("text", "json", "sarif", "github")


class Request(NamedTuple):
    """What the user asked of `check`, after settings and flags are joined."""

    paths: tuple[str, ...]
    output_format: str
    select: tuple[str, ...]
    ignore: tuple[str, ...]
    lang: str | None
    stdin_name: str
    baseline: str | None
    write_baseline: bool
    packs: str | None
    comments: str | None = None
    suggest: bool = False


@click.command("check")
@click.argument("paths", nargs=-1, metavar="[PATH … | -]")
@click.option(
    "--output-format",
    type=click.Choice(OUTPUT_FORMATS),
    default="text",
    show_default=True,
    help="How findings are written.",
)
@click.option(
    "--select",
    "select",
    multiple=True,
    metavar="RULE",
    help="Only these rules or severities (E, S, C). May be repeated; commas separate.",
)
@click.option(
    "--ignore", "ignore", multiple=True, metavar="RULE", help="Leave out these rules or severities."
)
@click.option("--lang", metavar="CODE", help="Language of the texts; else it is identified.")
@click.option(
    "--stdin-filename",
    default="<stdin>",
    metavar="NAME",
    help="Name, and so format, of what comes on standard input.",
)
@click.option("--baseline", metavar="FILE", help="Findings recorded there do not count.")
@click.option("--write-baseline", is_flag=True, help="Record the findings of now and stop.")
@click.option("--packs", metavar="DIR", help="Folder of language packs, instead of the built-in.")
@click.option("--comments", metavar="OUT.docx", help="Copy of a .docx with findings as comments.")
@click.option("--suggest", is_flag=True, help="With --comments: style findings as tracked changes.")
@click.option("--exit-zero", is_flag=True, help="Exit 0 even when there are findings.")
@click.option("--explain", metavar="RULE", help="Tell one rule, its reason and facts; then stop.")
def check_command(
    paths: tuple[str, ...], explain: str | None, exit_zero: bool, **flags: Any
) -> int:
    """Check drafts: .txt .md .html .docx .odt .pdf .epub .rtf and others; - for standard input.

    \b
    Exit codes: 0 nothing found, 1 findings, 2 bad usage or unreadable input.
    In a text:  <!-- asobna: ignore RULE -- reason -->  for its line or the next.
    """
    if explain:
        return explain_rule(explain, flags["lang"])
    if not paths:
        raise click.UsageError("nothing to check: name a file or folder, or - for standard input")
    if flags["suggest"] and not flags["comments"]:
        raise click.UsageError(
            "--suggest makes tracked changes in a copy of a .docx: add --comments OUT.docx"
        )
    settings = find_settings(_settings_folder(paths))
    code = run_check(join_settings(paths, settings, flags))
    return 0 if exit_zero and code == 1 else code


def _settings_folder(paths: tuple[str, ...]) -> Path:
    first = Path(paths[0])
    if paths[0] == STDIN or not first.exists():
        return Path()
    return first if first.is_dir() else first.parent


def join_settings(paths: tuple[str, ...], settings: Settings, flags: dict[str, Any]) -> Request:
    """Flags over settings: a flag that is given wins, lists included."""
    recorded = settings.baseline and settings.path and str(settings.path.parent / settings.baseline)
    return Request(
        paths=paths,
        output_format=flags["output_format"],
        select=_split(flags["select"]) or settings.select,
        ignore=_split(flags["ignore"]) or settings.ignore,
        lang=flags["lang"] or settings.lang,
        stdin_name=flags["stdin_filename"],
        baseline=flags["baseline"] or recorded or None,
        write_baseline=flags["write_baseline"],
        packs=flags["packs"],
        comments=flags["comments"],
        suggest=flags["suggest"],
    )


def _split(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(part.strip() for value in values for part in value.split(",") if part.strip())


def run_check(request: Request) -> int:
    """Check and write; returns 0 or 1, or 2 when an input named by the user could not be read."""
    folder = Path(request.packs) if request.packs else None
    packs = read_packs(folder, only=(request.lang,) if request.lang else ())
    _known_rules(request.select + request.ignore, packs)
    files = find_files(request.paths, PAGE_ENDINGS)
    _require_drafts(files)
    pages = read_pages(files, request.stdin_name)
    documents, unread = _extract(pages)
    if request.lang:
        documents = _with_lang(documents, request.lang)
    findings, reading = check_documents(documents, packs)
    findings = _chosen(findings, request)
    rejects = unread.to_pylist() + reading.rejects.to_pylist()
    sources = _sources(pages, documents, reading.documents)
    _note(rejects, sources)
    if request.write_baseline:
        _write_baseline(findings, documents, request)
        return InputError.exit_code if rejects else 0
    if request.baseline:
        findings = known_findings(findings, documents, Path(request.baseline))
    result = formats.Result(findings, documents, packs, sources)
    if request.comments:
        _write_comments(result, files, request)
    else:
        formats.write(request.output_format, result)
    if rejects:
        return InputError.exit_code
    return 1 if findings.num_rows else 0


def _require_drafts(files: list[str]) -> None:
    """Raise InputError for a table of texts: read as one text it would all be quotation."""
    for path in files:
        if is_table(path):
            raise InputError(
                f"{path}: a table of texts is no draft; read it with: asobna read {path} --to DIR"
            )


def _extract(pages: pa.Table) -> tuple[pa.Table, pa.Table]:
    """DOCUMENTS and REJECTS of pages; a document inside a page goes by its own name."""
    parts = list(extract_pages(pages))
    documents, rejects = (
        pa.concat_tables(tables).unify_dictionaries().combine_chunks()
        for tables in zip(*parts, strict=True)
    )
    place, field = DOCUMENTS.get_field_index("path"), DOCUMENTS.field("path")
    return documents.set_column(place, field, documents.column("document_id")), rejects


def _sources(pages: pa.Table, documents: pa.Table, read: pa.Table) -> dict[str, str]:
    """The text of every page as the user has it, or as it was taken out of its format.

    read: those of the documents that were read; where nothing in a page is markup its text is the
    same, and decoded already.
    """
    texts = texts_of(read)
    held = dict(zip(read.column("path").to_pylist(), read.column("text"), strict=True))
    rows = {path: row for row, path in enumerate(held)}
    sources = {}
    for page, content in each_page(pages):
        path = page["path"]
        if page["format"] in GUARDED:
            continue
        same = path in held and held[path].as_buffer().equals(pa.py_buffer(content))
        sources[path] = texts[rows[path]] if same else decode(content)[0]
    for row, path in enumerate(documents.column("path").to_pylist()):
        if path not in sources:
            sources[path] = documents.column("text")[row].as_py()
    return sources


def _write_comments(result: formats.Result, files: list[str], request: Request) -> None:
    from asobna.outputs.docx_comments import write_comments  # noqa: PLC0415 only when asked

    if len(files) != 1:
        raise ConfigError("--comments takes one .docx at a time")
    count = write_comments(result, files[0], str(request.comments), suggest=request.suggest)
    click.echo(f"{request.comments}: {count} comments", err=True)


def _write_baseline(findings: pa.Table, documents: pa.Table, request: Request) -> None:
    if not request.baseline:
        raise ConfigError("--write-baseline needs --baseline FILE, or 'baseline' in the settings")
    write_baseline(findings, documents, Path(request.baseline))
    click.echo(f"{request.baseline}: {findings.num_rows} findings recorded", err=True)


def _with_lang(documents: pa.Table, lang: str) -> pa.Table:
    column = pa.array([lang] * documents.num_rows, pa.string())
    field = documents.schema.field("lang")
    return documents.set_column(
        documents.schema.get_field_index("lang"), field, column.dictionary_encode().cast(field.type)
    )


def _known_rules(wanted: tuple[str, ...], packs: Packs) -> None:
    rules = set(packs.advice.column("id").to_pylist())
    families = {rule.split(".")[0] for rule in rules}
    for name in wanted:
        if name not in SEVERITIES and name not in rules and name not in families:
            raise ConfigError(
                f"no rule or severity '{name}'; rules are "
                f"{', '.join(sorted(rules))}; severities {', '.join(SEVERITIES)}"
            )


def _chosen(findings: pa.Table, request: Request) -> pa.Table:
    def named(row: dict[str, str], names: tuple[str, ...]) -> bool:
        rule = row["rule_id"]
        return any(name in (row["severity"], rule, rule.split(".")[0]) for name in names)

    rows = findings.select(["severity", "rule_id"]).to_pylist()
    keep = [
        (not request.select or named(row, request.select)) and not named(row, request.ignore)
        for row in rows
    ]
    return findings.filter(pa.array(keep, pa.bool_()))


def _note(rejects: list[dict[str, object]], sources: dict[str, str]) -> None:
    """Say on standard error what was not read, and which ignore comments were not honoured."""
    for reject in rejects:
        click.echo(f"asobna: {reject['detail']}", err=True)
    for path, text in sources.items():
        for offset in unreasoned_ignores(text):
            place = Lines(text).place(offset)
            click.echo(
                f"asobna: {path}:{place.line}: this ignore comment gives no reason and is "
                "not honoured; write: asobna: ignore RULE -- reason",
                err=True,
            )


def explain_rule(rule_id: str, lang: str | None = None) -> int:
    """Print one rule with its reason, advice and facts, in `lang` or else in that of the facts.

    Raises ConfigError for an unknown rule.
    """
    packs = read_packs()
    rows = packs.advice.filter(pc.equal(packs.advice.column("id"), rule_id)).to_pylist()
    if not rows:
        _known_rules((rule_id,), packs)
        raise ConfigError(
            f"'{rule_id}' is a family; name one rule, for example: "
            f"{next(r for r in packs.advice.column('id').to_pylist() if r.startswith(rule_id))}"
        )
    told = {row["lang"]: row for row in rows}
    of_facts = packs.facts.column("lang")[0].as_py()
    row = told.get(lang or of_facts) or told.get(of_facts) or rows[0]
    terminal.write_rule(row, formats.cited(row, formats.facts_by_id(packs)), sys.stdout)
    return 0
