"""pre-commit, the action's own script, Microsoft's SARIF validator and textlint, unmodified."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from asobna.outputs.drafts import make_reference
from asobna.outputs.exports import EXPORTS
from texts import english

ROOT = Path(__file__).parents[2]
MAIN = [sys.executable, "-c", "from asobna.outputs.cli import main; main()"]
ERROR = "The museum in Vitebsk, Russia, was closed to visitors for the winter.\n"
STYLE = "Last winter the parliament of Belorussia voted for the budget.\n"


def run(*command, cwd, **environment):
    return subprocess.run(
        [str(part) for part in command], cwd=cwd, capture_output=True, text=True, timeout=900,
        check=False, env={**os.environ, **environment},
    )  # fmt: skip


# the action


def action_script():
    steps = yaml.safe_load((ROOT / "action.yml").read_text())["runs"]["steps"]
    return next(step["run"] for step in steps if step["name"] == "Check")


@pytest.mark.parametrize(
    ("text", "given", "code", "summary"),
    [
        (ERROR, {}, 1, "1 to look at, 1 of them errors"),
        (ERROR, {"ASOBNA_FAIL_ON": "never"}, 0, "1 to look at, 1 of them errors"),
        (STYLE, {}, 0, "1 to look at, 0 of them errors"),
        (STYLE, {"ASOBNA_FAIL_ON": "any"}, 1, "1 to look at, 0 of them errors"),
        (STYLE, {"ASOBNA_FAIL_ON": "any", "ASOBNA_SELECT": "E"}, 0, "0 to look at, 0 of them"),
        ("Belarus.\n", {"ASOBNA_FAIL_ON": "any"}, 0, "0 to look at, 0 of them errors"),
        ("Belarus.\n", {"ASOBNA_PATHS": "nope.md"}, 2, "0 to look at, 0 of them errors"),
    ],
)
def test_the_script_of_the_action(tmp_path, text, given, code, summary):
    (tmp_path / "a.md").write_text(text)
    done = run("bash", "-e", "-o", "pipefail", "-c", action_script(), cwd=tmp_path, **{
        "ASOBNA_PYTHON": sys.executable, "ASOBNA_PATHS": "a.md", "ASOBNA_SELECT": "",
        "ASOBNA_LANG": "en", "ASOBNA_FAIL_ON": "error", "ASOBNA_SARIF": "out.sarif",
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"), **given,
    })  # fmt: skip
    assert done.returncode == code, done.stderr
    assert summary in (tmp_path / "summary").read_text()
    if "ASOBNA_PATHS" not in given:
        assert json.loads((tmp_path / "out.sarif").read_text())["version"] == "2.1.0"


# pre-commit


@pytest.mark.slow
def test_pre_commit_installs_the_hook_from_this_repository_and_stops_a_commit(tmp_path):
    tool = Path(sys.executable).with_name("pre-commit")
    if not tool.exists():
        pytest.skip("pre-commit is not installed: pip install pre-commit")
    home = {"PRE_COMMIT_HOME": str(tmp_path / "home")}
    drafts = tmp_path / "drafts"
    drafts.mkdir()
    run("git", "init", "-q", cwd=drafts)
    (drafts / "error.md").write_text(ERROR)
    (drafts / "style.md").write_text(STYLE)
    (drafts / "code.py").write_text(f"x = '''{ERROR}'''\n")
    run("git", "add", ".", cwd=drafts)
    done = run(tool, "try-repo", ROOT, "asobna", "--all-files", "--color", "never",
               cwd=drafts, **home)  # fmt: skip
    if "PackageNotFound" in done.stdout or "Could not find a version" in done.stdout:
        pytest.skip("the package index cannot be reached")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "asobna (errors)" in done.stdout
    assert "absorbed.place" in done.stdout
    assert "style.md" not in done.stdout
    assert "code.py" not in done.stdout


# tools of npm, fetched once


@pytest.fixture(scope="session")
def npm(tmp_path_factory):
    if not shutil.which("npm"):
        pytest.skip("npm is not installed")
    kept = os.environ.get("ASOBNA_NPM")
    folder = Path(kept) if kept else tmp_path_factory.mktemp("npm")
    if not (folder / "node_modules/.bin/textlint").exists():
        packages = ("textlint", "textlint-rule-prh", "@microsoft/sarif-multitool")
        done = run("npm", "install", "--no-audit", "--no-fund", "--prefix", folder, *packages,
                   cwd=folder)  # fmt: skip
        if done.returncode:
            pytest.skip("the npm registry cannot be reached")
    return folder


@pytest.mark.slow
def test_microsofts_validator_finds_no_error_in_our_sarif(npm, tmp_path):
    tool = npm / "node_modules/@microsoft/sarif-multitool-linux/Sarif.Multitool"
    if not tool.exists():
        pytest.skip("the validator has no build for this machine")
    tool.chmod(0o755)
    (tmp_path / "a b.md").write_text(f"{ERROR}\n😀 {STYLE}\n")
    made = run(*MAIN, "check", "a b.md", "--lang", "en", "--output-format", "sarif", cwd=tmp_path)
    (tmp_path / "out.sarif").write_text(made.stdout)
    done = run(tool, "validate", "out.sarif", "--rule-kind", "Sarif;Ghas", "--output",
               "report.sarif", cwd=tmp_path, DOTNET_SYSTEM_GLOBALIZATION_INVARIANT="1")  # fmt: skip
    report = json.loads((tmp_path / "report.sarif").read_text(encoding="utf-8-sig"))
    results = report["runs"][0]["results"]
    serious = [r for r in results if r.get("level", "warning") in ("error", "warning")]
    assert [(r["ruleId"], r["message"].get("text", "")) for r in serious] == [], done.stdout
    assert json.loads(made.stdout)["runs"][0]["results"][1]["ruleId"] == "name.former"


@pytest.mark.slow
def test_textlint_reports_our_names_and_fixes_them(npm, tmp_path):
    ((name, content),) = EXPORTS["prh"](make_reference(english()), "en").items()
    (tmp_path / name).write_text(content)
    config = {"rules": {"prh": {"rulePaths": [str(tmp_path / name)]}}}
    (tmp_path / ".textlintrc.json").write_text(json.dumps(config))
    draft = tmp_path / "a.md"
    draft.write_text("😀 Belorussia. Abelorussian is none. `Belorussia` is code.\n")
    flags = ("--config", tmp_path / ".textlintrc.json", "--rules-base-directory",
             npm / "node_modules")  # fmt: skip
    tool = npm / "node_modules/.bin/textlint"
    found = json.loads(run(tool, *flags, "-f", "json", draft, cwd=npm).stdout)
    (message,) = found[0]["messages"]
    assert (message["column"], message["fix"]) == (4, {"range": [3, 13], "text": "Belarus"})
    assert "the country calls itself Belarus" in message["message"]
    run(tool, *flags, "--fix", draft, cwd=npm)
    assert draft.read_text().startswith("😀 Belarus. Abelorussian")


@pytest.mark.slow
def test_vale_reports_our_names(tmp_path):
    vale = shutil.which("vale")
    if not vale:
        pytest.skip("Vale is in no registry: its packages fetch a program from elsewhere")
    for name, content in EXPORTS["vale"](make_reference(english()), "en").items():
        (tmp_path / "styles" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "styles" / name).write_text(content)
    (tmp_path / ".vale.ini").write_text("StylesPath = styles\n[*.md]\nBasedOnStyles = Asobna\n")
    (tmp_path / "a.md").write_text(STYLE)
    done = run(vale, "--output=JSON", "a.md", cwd=tmp_path)
    (alert,) = json.loads(done.stdout)["a.md"]
    assert (alert["Check"], alert["Match"], alert["Severity"]) == (
        "Asobna.NameFormer", "Belorussia", "suggestion",
    )  # fmt: skip
    assert alert["Action"] == {"Name": "replace", "Params": ["Belarus"]}


@pytest.mark.slow
def test_quanteda_counts_names_with_our_dictionary(tmp_path):
    asked = "quit(status = !requireNamespace('quanteda', quietly = TRUE))"
    if not shutil.which("Rscript") or run("Rscript", "-e", asked, cwd=tmp_path).returncode:
        pytest.skip("R's quanteda is not installed, and Debian has no package of it")
    ((name, content),) = EXPORTS["quanteda"](make_reference(english()), "en").items()
    (tmp_path / name).write_text(content)
    script = (
        "library(quanteda); d <- dictionary(file = commandArgs(TRUE)[1]);"
        "x <- tokens('Belarus and the Russian Federation met in Minsk.');"
        "y <- dfm(tokens_lookup(x, d)); cat(sum(y[, 'belarus.country']), sum(y[, 'belarus.capital']))"
    )
    assert run("Rscript", "-e", script, name, cwd=tmp_path).stdout == "1 1"
