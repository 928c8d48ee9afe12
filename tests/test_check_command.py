"""`asobna check`: arguments, exit codes and outputs, as a shell sees them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from asobna.sources.files import PAGE_ENDINGS, find_files

HERE = Path(__file__).parent
BAD = "The museum in Vitebsk, Russia.\nBelorussia voted.\n"
CLEAN = "Belarus voted against.\n"


def run(*args, cwd=None, text=None, **environment):
    done = subprocess.run(
        [sys.executable, "-c", "from asobna.outputs.cli import main; main()", *args],
        cwd=cwd,
        input=text,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "COLUMNS": "80", **environment},
    )
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def drafts(tmp_path):
    (tmp_path / "bad.txt").write_text(BAD)
    (tmp_path / "clean.md").write_text(CLEAN)
    return tmp_path


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (["clean.md"], 0),
        (["bad.txt"], 1),
        (["."], 1),
        (["bad.txt", "--exit-zero"], 0),
        (["bad.txt", "--select", "C"], 0),
        (["bad.txt", "--ignore", "E,S"], 0),
        (["bad.txt", "--select", "name"], 1),
        ([], 2),
        (["nope.txt"], 2),
        (["clean.md", "--select", "nope"], 2),
        (["clean.md", "--output-format", "nope"], 2),
        (["clean.md", "--lang", "tlh"], 2),
    ],
)
def test_exit_codes(drafts, args, code):
    assert run("check", "--lang", "en", *args, cwd=drafts)[0] == code


def test_the_text_shows_the_line_the_span_and_what_to_write(drafts):
    _code, out, err = run("check", "--lang", "en", "bad.txt", cwd=drafts)
    lines = out.splitlines()
    assert lines[0] == "bad.txt"
    assert lines[1] == "  1:15  error  absorbed.place"
    assert lines[2] == "          The museum in Vitebsk, Russia."
    assert lines[3] == "                        ^^^^^^^^^^^^^^^"
    assert "   write  “Vitebsk, Belarus”" in lines
    assert lines[-1] == "2 to look at: 1 error, 1 style. Nothing here is a grade."
    assert max(len(line) for line in lines if "http" not in line) <= 80
    assert "\x1b" not in out
    assert err == ""


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("empty.txt", b"", "empty.txt holds no text; nothing to read"),
        (
            "a.txt",
            b"\0\1",
            "a.txt is a binary file, not text; give .txt, .md or .html, an archive unpacked",
        ),
        ("a.txt", b"caf\xe9", "a.txt is not UTF-8 (byte 3); convert it, for example with: "),
    ],
)
def test_unreadable_input_is_named_and_exits_2(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    code, out, err = run("check", "--lang", "en", name, cwd=tmp_path)
    assert (code, out) == (2, "")
    assert err.startswith(f"asobna: {message}")


def test_a_folder_without_texts_says_what_it_looked_for(tmp_path):
    assert run("check", ".", cwd=tmp_path) == (
        2,
        "",
        f"asobna: .: no {', '.join(PAGE_ENDINGS)} file in this folder\n",
    )


def test_standard_input_under_a_name(tmp_path):
    html = "<p>The museum in Vitebsk, <code>Russia</code></p>"
    assert run("check", "-", "--lang", "en", "--stdin-filename", "a.html", text=html)[0] == 0
    assert run("check", "-", "--lang", "en", text="In Vitebsk, Russia.")[:2][0] == 1


def test_a_broken_pack_is_named(drafts):
    pack = drafts / "packs" / "toy"
    pack.mkdir(parents=True)
    assert run("check", "clean.md", "--packs", "packs", cwd=drafts) == (
        2,
        "",
        "asobna: packs: no language pack in this folder; a pack is a folder with pack.toml\n",
    )
    (pack / "pack.toml").write_text('code = "toy"')
    code, out, err = run("check", "clean.md", "--packs", "packs", cwd=drafts)
    assert (code, out) == (2, "")
    assert err == "asobna: packs/toy/pack.toml: 'name' is missing\n"


def test_a_very_long_line_is_refused_by_its_limit(tmp_path):
    with (tmp_path / "long.txt").open("wb") as file:
        file.truncate(200_000_000)
    code, out, err = run("check", "long.txt", "--lang", "en", cwd=tmp_path)
    assert (code, out) == (2, "")
    assert err.startswith(
        "asobna: long.txt has more than 67,108,864 bytes, the most read at once: split it"
    )


def test_a_broken_setting_is_named(drafts):
    (drafts / "asobna.toml").write_text("oops = 1")
    code, out, err = run("check", "clean.md", cwd=drafts)
    assert (code, out) == (2, "")
    assert "asobna.toml: unknown setting 'oops'; settings are select, ignore, lang, baseline" in err


def test_settings_are_found_and_flags_win(drafts):
    (drafts / "asobna.toml").write_text('lang = "en"\nselect = ["S"]\n')
    assert "1 style" in run("check", "bad.txt", cwd=drafts)[1]
    assert "1 error" in run("check", "bad.txt", "--select", "E", cwd=drafts)[1]


def test_a_baseline_lets_only_new_findings_fail(drafts):
    flags = ["check", "--lang", "en", "bad.txt", "--baseline", "known.json"]
    assert run(*flags, cwd=drafts) == (
        2,
        "",
        "asobna: known.json: no such baseline; make one with --write-baseline\n",
    )
    assert run(*flags, "--write-baseline", cwd=drafts) == (
        0,
        "",
        "known.json: 2 findings recorded\n",
    )
    assert run(*flags, cwd=drafts) == (0, "", "")
    (drafts / "bad.txt").write_text("A new line above.\n" + BAD + "The zoo in Grodno, Russia.\n")
    code, out, _ = run(*flags, cwd=drafts)
    assert code == 1
    assert out.splitlines()[1].startswith("  4:")
    assert sorted(path.name for path in drafts.iterdir()) == ["bad.txt", "clean.md", "known.json"]


def test_json_carries_every_part(drafts):
    _code, out, _ = run("check", "--lang", "en", "bad.txt", "--output-format", "json", cwd=drafts)
    found = json.loads(out)
    assert found["documents"] == 1
    first = found["findings"][0]
    assert [first[key] for key in ("path", "line", "column", "severity", "rule_id")] == [
        "bad.txt",
        1,
        15,
        "E",
        "absorbed.place",
    ]
    assert found["findings"][1]["facts"][0]["id"] == "F40"
    assert set(found["packs"]["en"]) == {"version", "sha256"}


def test_github_annotations_escape_what_they_must(tmp_path):
    (tmp_path / "a,b.txt").write_text("100% of Vitebsk, Russia.\n")
    (tmp_path / "c.txt").write_text("The 100%\nBelarussian way.\n")
    out = run("check", "--lang", "en", "c.txt", "--output-format", "github", cwd=tmp_path)[1]
    assert out.startswith(
        "::notice file=c.txt,line=2,endLine=2,col=1,endColumn=12,"
        "title=asobna name.spelling::“Belarussian” is usually spelt"
    )


def test_sarif_is_valid_and_places_code_points(drafts):
    (drafts / "e.txt").write_text("🇧🇾 Belorussia voted.\n")
    out = run("check", "--lang", "en", "e.txt", "--output-format", "sarif", cwd=drafts)[1]
    log = json.loads(out)
    schema = HERE / "sarif-schema-2.1.0.json"
    if schema.exists():
        jsonschema.validate(log, json.loads(schema.read_text()))
    run_ = log["runs"][0]
    assert run_["columnKind"] == "unicodeCodePoints"
    (result,) = run_["results"]
    assert run_["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "e.txt"
    assert place["region"] == {"startLine": 1, "startColumn": 4, "endLine": 1, "endColumn": 14}
    assert result["fixes"][0]["artifactChanges"][0]["replacements"][0]["insertedContent"] == {
        "text": "Belarus"
    }


def test_a_closed_pipe_is_silent(drafts):
    (drafts / "long.txt").write_text(BAD * 3000)
    command = f"{sys.executable} -c 'from asobna.outputs.cli import main; main()' check --lang en long.txt | head -1"
    done = subprocess.run(
        command, shell=True, cwd=drafts, capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == ("long.txt\n", "")


def test_colour_only_on_a_terminal_and_never_against_no_color(drafts):
    script = pytest.importorskip("shutil").which("script")
    if not script:
        pytest.skip("the script command is not on this machine")
    command = (
        f"{sys.executable} -c 'from asobna.outputs.cli import main; main()' check --lang en bad.txt"
    )

    def shown(**environment):
        return subprocess.run(
            [script, "-qec", command, "/dev/null"],
            cwd=drafts,
            capture_output=True,
            text=True,
            check=False,
            env={**environment},
        ).stdout

    plain = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "TERM")}
    assert "\x1b[31m" in shown(**plain, TERM="xterm")
    assert "\x1b[" not in shown(**plain, TERM="xterm", NO_COLOR="1")


def test_text_cannot_steer_the_terminal(tmp_path):
    (tmp_path / "a.txt").write_text("\x1b[2J\u202eBelorussia voted.\n")
    out = run("check", "--lang", "en", "a.txt", cwd=tmp_path)[1]
    assert "\x1b" not in out
    assert "\u202e" not in out
    assert "          ·[2J·Belorussia voted.\n" in out


def test_explain_tells_a_rule_with_its_facts():
    code, out, _ = run("check", "--explain", "blame.country")
    assert code == 0
    assert out.splitlines()[0] == "blame.country  (consider)"
    assert "International law attributes such acts to the state" in out
    assert run("check", "--explain", "nope")[0] == 2


def test_suggestions_need_the_copy_that_they_are_made_in(drafts):
    code, out, err = run("check", "--lang", "en", "bad.txt", "--suggest", cwd=drafts)
    assert (code, out) == (2, "")
    assert err.splitlines()[-1] == (
        "Error: --suggest makes tracked changes in a copy of a .docx: add --comments OUT.docx"
    )


def test_an_ignore_comment_needs_its_reason(tmp_path):
    (tmp_path / "a.md").write_text("Belorussia <!-- asobna: ignore name.former -->\n")
    (tmp_path / "b.md").write_text(
        "Belorussia <!-- asobna: ignore name.former -- a song title -->\n"
    )
    code, out, err = run("check", "--lang", "en", ".", cwd=tmp_path)
    assert code == 1
    assert out.splitlines()[0] == "a.md"
    assert "b.md" not in out
    assert err == (
        "asobna: a.md:1: this ignore comment gives no reason and is not honoured; "
        "write: asobna: ignore RULE -- reason\n"
    )


def test_help_comes_without_the_heavy_parts():
    code = "import sys; from asobna.outputs.cli import cli; import asobna; print('pyarrow' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
    assert "check" in run("--help")[1]


def test_what_is_kept_or_spoilt_changes_no_finding(drafts):
    (drafts / "two.txt").write_text(
        "The museum in Vitebsk, Russia, opened its doors to visitors from all over the world.\n\n"
        "Das Museum in Minsk, Russland, wurde am Montag feierlich vor vielen Gästen eröffnet.\n"
    )
    folder = drafts.parent / "kept"

    def found(kept):
        return run("check", ".", "--output-format", "json", cwd=drafts, ASOBNA_CACHE=kept)

    plain = found("")
    assert plain[0] == 1
    assert found(str(folder)) == plain
    assert found(str(folder)) == plain
    for path in folder.iterdir():
        path.write_bytes(path.read_bytes()[:-3] + b"xxx")
    assert found(str(folder)) == plain


@pytest.mark.parametrize(("before", "kept"), [("gc.disable(); ", True), ("", False)])
def test_garbage_is_looked_for_again_once_a_command_is_imported(before, kept):
    code = "import gc; from asobna.outputs.cli import cli; "
    code += before + "cli.get_command(None, 'check'); "
    done = subprocess.run(
        [sys.executable, "-c", code + "print(gc.isenabled(), gc.get_freeze_count() > 10_000)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == f"True {kept}\n"


def test_a_file_that_is_named_twice_is_checked_once(tmp_path, monkeypatch):
    (tmp_path / "a.txt").write_text("The museum in Vitebsk, Russia.")
    monkeypatch.chdir(tmp_path)
    code, out, _ = run("check", "--lang", "en", "a.txt", "./a.txt", ".", str(tmp_path / "a.txt"))
    assert code == 1
    assert out.endswith("1 to look at: 1 error. Nothing here is a grade.\n")
    (tmp_path / "b.txt").write_text("Quiet.")
    assert find_files(["b.txt", "a.txt", "./b.txt"], [".txt"]) == ["b.txt", "a.txt"]


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv", "a.parquet", "a.tsv.gz"])
def test_a_table_of_texts_is_no_draft(tmp_path, name):
    (tmp_path / name).write_text('{"text": "The museum in Vitebsk, Russia."}')
    code, out, told = run("check", "--lang", "en", str(tmp_path / name))
    assert (code, out) == (2, "")
    assert told == (
        f"asobna: {tmp_path / name}: a table of texts is no draft; read it with: "
        f"asobna read {tmp_path / name} --to DIR\n"
    )


def test_a_baseline_of_files_that_could_not_all_be_read_says_so(tmp_path):
    (tmp_path / "a.txt").write_text("The museum in Vitebsk, Russia.")
    (tmp_path / "b.txt").write_bytes(b"\0\1")
    code, _, told = run("check", "--lang", "en", str(tmp_path), "--baseline",
                        str(tmp_path / "b.json"), "--write-baseline")  # fmt: skip
    assert code == 2
    assert "b.txt is a binary file" in told
    assert told.endswith("b.json: 1 findings recorded\n")


def test_the_package_runs_as_the_command_does(tmp_path):
    (tmp_path / "a.txt").write_text("The museum in Vitebsk, Russia.")
    call = [
        sys.executable,
        "-m",
        "asobna",
        "check",
        "--lang",
        "en",
        "--output-format",
        "github",
        "-",
    ]
    with (tmp_path / "a.txt").open() as text:
        done = subprocess.run(call, stdin=text, capture_output=True, text=True, check=False)
    assert done.stdout.startswith("::error file=<stdin>,line=1,endLine=1,col=15,endColumn=30,")
    assert (done.stderr, done.returncode) == ("", 1)
