"""`asobna evaluate`: what the classifier gets right on coded sentences, and the floors it holds."""

from __future__ import annotations

import hashlib
import json
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any, TextIO

import click

from asobna.errors import ConfigError, InputError
from asobna.evaluation import CLASSES, MIN_UNITS, evaluate, read_coded
from asobna.outputs.whole import write_whole
from asobna.packs import read_packs


@click.command("evaluate")
@click.argument("coded", metavar="CODED.jsonl")
@click.option(
    "--output-format", type=click.Choice(["text", "json"]), default="text", show_default=True
)
@click.option("--floors", metavar="FILE", help="Exit 1 when a figure is below its floor there.")
@click.option("--update-floors", is_flag=True, help="Raise the floors to the figures of now.")
@click.option("--allow-regression", metavar="REASON", help="Let --update-floors lower a floor.")
def evaluate_command(
    coded: str,
    output_format: str,
    floors: str | None,
    update_floors: bool,
    allow_regression: str | None,
) -> int:
    """Score the classifier on coded sentences, with intervals, beside four baselines."""
    content = _content(coded)
    packs = read_packs()
    try:
        report = evaluate(read_coded(content.decode("utf-8").splitlines()), packs)
    except (InputError, UnicodeDecodeError) as error:
        raise InputError(f"{coded}: {error}") from error
    report["coded_sha256"] = hashlib.sha256(content).hexdigest()
    report["asobna"] = version("asobna")
    report["packs"] = {row["lang"]: row["sha256"] for row in packs.languages.to_pylist()}
    if output_format == "json":
        json.dump(report, sys.stdout, ensure_ascii=False, indent=1)
        sys.stdout.write("\n")
    else:
        write_report(report, sys.stdout)
    if not floors:
        return 0
    if update_floors:
        return _update(report, Path(floors), allow_regression)
    return compare_floors(report, Path(floors))


def _content(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error


# floors


def figures(report: dict[str, Any]) -> dict[str, float]:
    """The figures a floor is kept for, by a path such as `by_lang.en.macro_f1`."""
    kept = {"mention_recall": report["mention_recall"]}
    for lang, scores in report["by_lang"].items():
        for key in ("macro_f1", "mention_recall", "actor_accuracy", "blame_accuracy"):
            kept[f"by_lang.{lang}.{key}"] = scores[key]
    return kept


def compare_floors(report: dict[str, Any], path: Path) -> int:
    """0 when every floor holds, else 1 with a line for each that does not.

    Raises ConfigError when the floors were measured on another coded set.
    """
    floors = _floors(path)
    if floors["coded_sha256"] != report["coded_sha256"]:
        raise ConfigError(
            f"{path}: the floors were measured on another coded set "
            f"({floors['coded_sha256'][:12]}…); use --update-floors"
        )
    now = figures(report)
    below = [
        (name, floor, now.get(name, 0.0))
        for name, floor in floors["floors"].items()
        if now.get(name, 0.0) < floor
    ]
    for name, floor, value in below:
        click.echo(f"below its floor: {name} is {value:.4f}, the floor is {floor:.4f}", err=True)
    return 1 if below else 0


def _floors(path: Path) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        _ = content["floors"], content["coded_sha256"]
    except (OSError, ValueError, KeyError) as error:
        raise ConfigError(f"{path}: not a floors file: {error}") from error
    return content


def _update(report: dict[str, Any], path: Path, reason: str | None) -> int:
    old = _floors(path) if path.exists() else {"floors": {}, "lowered": []}
    new = {name: float(f"{value:.4f}") for name, value in figures(report).items()}
    # One part in ten thousand below the figure, so that rounding never breaks a build.
    new = {name: max(0.0, value - 0.0001) for name, value in new.items()}
    lower = sorted(name for name, floor in old["floors"].items() if new.get(name, 0.0) < floor)
    if lower and not reason:
        raise ConfigError(
            f"{path}: this would lower {', '.join(lower)}; say why with --allow-regression REASON"
        )
    lowered = old.get("lowered", []) + ([{"floors": lower, "reason": reason}] if lower else [])
    content = {
        "coded_sha256": report["coded_sha256"],
        "n": report["n"],
        "floors": new,
        "lowered": lowered,
    }
    write_whole(path, json.dumps(content, indent=1) + "\n")
    return 0


# text


def write_report(report: dict[str, Any], stream: TextIO) -> None:
    """The figures as a page of 80 columns."""
    say = stream.write
    say(
        f"{report['n']} coded units. Mentions found: {_share(report, 'mention_recall')}. "
        f"Right standing: {_share(report, 'accuracy')}.\n\n"
    )
    say(f"{'class':<11}{'n':>5}  {'precision':<20}{'recall':<20}{'F1':>5}  prevalence\n")
    for name in CLASSES:
        row = report["classes"][name]
        if row["n"] or row["guessed"]:
            error = report["prevalence_error_points"][name]
            say(
                f"{name:<11}{row['n']:>5}  {_share(row, 'precision'):<20}"
                f"{_share(row, 'recall'):<20}{row['f1']:>5.2f}  {error:+.1f} points\n"
            )
    say(f"\nmacro F1 over classes with at least {MIN_UNITS} units: {_share(report, 'macro_f1')}\n")
    say(
        "counted instead of read: "
        + ", ".join(f"{name} {row['macro_f1']:.2f}" for name, row in report["baselines"].items())
        + "\n"
    )
    for key in ("actor", "blame", "voice", "time", "warrant", "kind_of_pair", "support"):
        say(f"{key:>13}: {report[key + '_accuracy']:.2f} of {report[key + '_n']}\n")
    for title, key in (("language", "by_lang"), ("part", "by_part")):
        say(f"\n{title:<14}{'n':>5}  {'macro F1':<20}accuracy  actor  blame\n")
        for name, row in report[key].items():
            say(
                f"{name:<14}{row['n']:>5}  {_share(row, 'macro_f1'):<20}{row['accuracy']:>8.2f}"
                f"{row['actor_accuracy']:>7.2f}{row['blame_accuracy']:>7.2f}\n"
            )
    for lang, n in report["skipped"].items():
        say(f"\nnot scored: {n} units in '{lang}', which has no pack\n")


def _share(row: dict[str, Any], key: str) -> str:
    low, high = row[f"{key}_interval"]
    return f"{row[key]:.2f} ({low:.2f}–{high:.2f})"
