# Verbs of this project. `just` lists them; `.ci/run` runs check, test, quality and docs.

python := env_var_or_default("PYTHON", "python")
coded := "../shared/gold/dev.jsonl"

[private]
default:
    @just --list --unsorted

# install the package with everything a developer needs
setup:
    {{python}} -m pip install --quiet -e ".[all,test,oracles]"

# style, types, import direction
check:
    {{python}} -m ruff check src tests bench
    {{python}} -m ruff format --check src tests bench
    {{python}} -m mypy
    lint-imports

# the test suite (README prints the same command)
test *ARGS:
    {{python}} -m pytest -n auto {{ARGS}}

# attacks, kills, fuzzing, long simulations: everything marked slow
slow *ARGS:
    {{python}} -m pytest -n 2 -m slow -o addopts="-q --strict-markers --strict-config" {{ARGS}}

# accuracy on coded sentences, held to its floors; skipped where the coded set is absent
quality:
    {{ if path_exists(coded) == "true" { "asobna evaluate " + coded + " --floors quality/floors.json && " + python + " quality/accuracy_page.py " + coded + " --check" } else { "echo 'quality: the coded set is not here; skipped'" } }}

# speed side by side with named peers, recorded under bench/runs
bench *ARGS:
    {{python}} -m bench {{ARGS}}

# the project's own pages pass its own check
docs:
    {{python}} docs/generate.py --check
    asobna check --lang en README.md CONTRIBUTING.md docs changelog.d
