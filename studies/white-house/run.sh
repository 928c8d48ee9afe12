#!/bin/sh
# The study of README.md, from texts to figures: sh run.sh TEXTS.jsonl.zst OUT [CONTROLS]
# TEXTS: one document a line with id, date, source and text. OUT: a new folder for results.
set -eu
texts=$1 out=$2 controls=${3:-"KZ IR CN"}
mkdir -p "$out"
asobna read "$texts" --lang en --quiet --to "$out/full"
set --
for country in BY RU $controls; do
    asobna read "$texts" --lang en --quiet --country "$country" --to "$out/$country"
    case $country in BY | RU) ;; *) set -- "$@" --control "$out/$country" ;; esac
done
asobna report "$out/full" --to "$out/report.html"
asobna report "$out/full" --output-format json --to "$out/report.json"
asobna series "$out/full" --measure own_terms --measure strict --measure broad --measure warranted \
    --output-format json >"$out/series.json"
asobna series "$out/BY" --measure own_terms --measure beside "$@" --shadow "$out/RU" \
    --output-format json >"$out/controls.json"
asobna verify "$out/full"
