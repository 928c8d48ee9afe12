"""The deliberation engine measured: time, memory, agreement with a peer, real conversations.

    python bench/rounds_engine.py                          # speed and memory
    python bench/rounds_engine.py --peer /path/to/python   # side by side with red-dwarf 0.4.0
    python bench/rounds_engine.py --polis openData.tar.zst # grouping and gate on real votes
    ... --record bench/runs/rounds_engine.json             # keep what was measured

Synthetic votes have three latent camps; each shape is measured in a process of its own, which
only loads the votes, so that peak memory is that of the engine. `--peer` names a Python in which
red-dwarf is installed (it brings pandas and scikit-learn, so it gets an environment of its own).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import resource
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path

import numpy as np
import scipy

from asobna_rounds.deliberation import (
    Conversation,
    DeliberationResult,
    Session,
    Votes,
    deliberate,
    like_polis,
    read_polis_export,
    release_result,
)
from asobna_rounds.deliberation.clusters import adjusted_rand, group_points
from asobna_rounds.deliberation.consensus import group_informed
from asobna_rounds.deliberation.counts import count_by_group
from asobna_rounds.deliberation.gate import permutation_test
from asobna_rounds.deliberation.pca import centre, principal_axes
from asobna_rounds.deliberation.polis_mode import polis_plane
from asobna_rounds.deliberation.representative import compare_groups

SHAPES = {
    "panel": (200, 100, 20_000),
    "town": (1_000, 200, 40_000),
    "country": (10_000, 1_000, 1_000_000),
    "largest": (33_422, 783, 2_000_000),
    "crowd": (100_000, 2_000, 5_000_000),
}
CLASS_B = (
    "15-per-hour-seattle",
    "austria-climate.2vkxcncppn",
    "austria-climate.5twd2jsnkf",
    "austria-climate.7z7ejpbmv5",
    "brexit-consensus",
    "canadian-electoral-reform",
    "scoop-hivemind.biodiversity",
    "scoop-hivemind.taxes",
    "ssis.land-bank-farmland",
    "vtaiwan.uberx",
)
PEER = """
import json, sys, time, resource, warnings
warnings.simplefilter("ignore")
import numpy as np
from reddwarf.implementations.polis import run_pipeline
rows = np.load(sys.argv[1])
columns = [rows[name].tolist() for name in ("participant", "statement", "vote")]
votes = [dict(participant_id=p, statement_id=s, vote=v, modified=0) for p, s, v in zip(*columns)]
times = []
for _ in range(int(sys.argv[3])):
    start = time.perf_counter()
    told = run_pipeline(votes=votes, random_state=0)
    times.append(time.perf_counter() - start)
people = told.participants_df.sort_index()
stats = told.group_comment_stats
np.savez(sys.argv[2], points=people[["x", "y"]].to_numpy(), ids=people.index.to_numpy(),
         labels=people["cluster_id"].fillna(-1).astype(int).to_numpy(),
         agree=told.statements_df.sort_index()["group-aware-consensus-agree"].to_numpy(),
         rat=stats["rat"].unstack().to_numpy(), pat=stats["pat"].unstack().to_numpy(),
         ra=stats["ra"].unstack().to_numpy())
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
print(json.dumps({"seconds": times, "peak_mb": peak}))
"""


def make_votes(people: int, statements: int, votes: int) -> dict[str, np.ndarray]:
    """About so many votes of three latent camps, every participant equally active."""
    rng = np.random.default_rng(people)
    camp, lean = rng.integers(0, 3, people), rng.normal(0, 1.2, (3, statements))
    cells = np.unique(rng.integers(0, people * statements, int(votes * 1.06)))
    dense = votes / (people * statements)
    if dense > 0.5:
        cells = np.arange(people * statements)
    cells = np.sort(rng.permutation(cells)[:votes])
    who, what = cells // statements, cells % statements
    pull = lean[camp[who], what] + rng.logistic(size=cells.size)
    vote = np.where(np.abs(pull) < 0.25, 0, np.sign(pull)).astype(np.int64)
    order = rng.permutation(cells.size)
    return {"participant": who[order], "statement": what[order], "vote": vote[order]}


def measure(path: Path, shape: tuple[int, int], runs: int) -> dict[str, object]:
    """Complete results and warm updates on stored votes; runs in a process of its own."""
    rows = np.load(path)
    columns = [rows[name] for name in ("participant", "statement", "vote")]
    loaded = peak_mb()
    cold, published = [], []
    for _ in range(runs):
        start = time.perf_counter()
        result = deliberate(Votes.from_rows(*columns, shape))
        cold.append(time.perf_counter() - start)
        release_result(result)
        published.append(time.perf_counter() - start - cold[-1])
    peak = peak_mb()
    session = Session(Votes.from_rows(*columns, shape))
    warm = []
    for at in range(0, 40 * 50, 50):
        part = [column[at : at + 50] for column in columns]
        start = time.perf_counter()
        session.update(part[0], part[1], -part[2])
        warm.append(time.perf_counter() - start)
    plane = session._plane
    exact = principal_axes(centre(plane.votes)).components
    turned = 1 - np.abs((exact * plane.axes.components).sum(axis=1))
    return {
        "votes": int(columns[0].size),
        "cold_s": quantiles(cold),
        "publish_s": quantiles(published),
        "warm_ms": quantiles([1000 * t for t in warm]),
        "warm_axis_error": float(np.abs(turned).max()),
        "peak_mb": peak,
        "loaded_mb": loaded,
        "gate": str(result.gate),
        "groups": list(result.groups.sizes) if result.groups else None,
    }


def same_bits(path: Path, shape: tuple[int, int]) -> str:
    """Fingerprint of results for the votes as stored, again, and in three other orders."""
    rows = np.load(path)
    columns = [rows[name] for name in ("participant", "statement", "vote")]
    marks = set()
    for seed in (None, None, 1, 2, 3):
        order = np.arange(columns[0].size)
        if seed is not None:
            order = np.random.default_rng(seed).permutation(order)
        votes = Votes.from_rows(*(column[order] for column in columns), shape)
        marks.add(fingerprint(deliberate(votes)))
    return ",".join(sorted(marks))


def fingerprint(result: DeliberationResult) -> str:
    """A digest of every number in a result, to the last bit."""
    parts = [repr(result.gate), repr(result.statements), repr(result.axis)]
    parts.append(result.priorities.tobytes().hex())
    if result.groups:
        counts = result.groups.counts
        parts += [counts.agree.tobytes().hex(), repr(result.groups.representative)]
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:16]


def against_peer(python: str, path: Path, shape: tuple[int, int]) -> dict[str, object]:
    """The same votes through red-dwarf and through the engine, with how far they agree."""
    rows = np.load(path)
    columns = [rows[name] for name in ("participant", "statement", "vote")]

    def ours() -> tuple[list[float], list[float], object]:
        like, complete = [], []
        for _ in range(3):
            start = time.perf_counter()
            told = like_polis(Votes.from_rows(*columns, shape))
            like.append(time.perf_counter() - start)
            start = time.perf_counter()
            deliberate(Votes.from_rows(*columns, shape))
            complete.append(time.perf_counter() - start)
        return like, complete, told

    before = ours()
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "peer.npz"
        peer = json.loads(
            subprocess.run(
                [python, "-c", PEER, str(path), str(out), "3"],
                check=True,
                capture_output=True,
                text=True,
            ).stdout.splitlines()[-1]
        )
        theirs = np.load(out)
        points, labels = theirs["points"], theirs["labels"]
        agree, figures = theirs["agree"], {n: theirs[n] for n in ("ra", "rat", "pat")}
    after = ours()
    told = before[2]
    own = told.plane.points
    sign = np.sign((own * points).sum(axis=0))
    both = (labels >= 0) & (told.labels >= 0)
    like, complete = before[0] + after[0], before[1] + after[1]
    return {
        "peer": "red-dwarf 0.4.0",
        "peer_s": quantiles(peer["seconds"]),
        "peer_peak_mb": peer["peak_mb"],
        "same_computation_s": quantiles(like),
        "complete_with_gate_s": quantiles(complete),
        "times_faster_same": float(np.median(peer["seconds"]) / np.median(like)),
        "times_faster_complete": float(np.median(peer["seconds"]) / np.median(complete)),
        "largest_position_difference": float(np.abs(own * sign - points).max()),
        "adjusted_rand_of_groups": adjusted_rand(told.labels[both], labels[both]),
        **formula_differences(Votes.from_rows(*columns, shape), labels, agree, figures),
    }


def formula_differences(votes, labels, agree, figures) -> dict[str, float]:
    """The engine's group figures for the peer's own groups, against the peer's figures."""
    counts = count_by_group(votes, labels, int(labels.max()) + 1)
    side = compare_groups(counts).agree
    return {
        "largest_consensus_difference": float(np.abs(group_informed(counts)[0] - agree).max()),
        "largest_ratio_difference": float(np.abs(side.ratio - figures["ra"]).max()),
        "largest_ratio_z_difference": float(np.abs(side.ratio_z - figures["rat"]).max()),
        "largest_share_z_difference": float(np.abs(side.share_z - figures["pat"]).max()),
    }


def on_real_votes(archive: Path, draws: int) -> dict[str, object]:
    """Grouping against the stored groups, and the gate on real and shuffled samples."""
    import pyarrow as pa

    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(fileobj=pa.input_stream(archive, compression="zstd"), mode="r|") as tar:
            tar.extractall(folder, filter="data")
        root = Path(folder) / "openData"
        talks = {name: read_polis_export(next(root.glob(f"{name}*"))) for name in CLASS_B}
    gate = {n: gate_rates(list(talks.values()), n, draws) for n in (12, 20, 30, 50)}
    return {"grouping": {n: regroup(talk) for n, talk in talks.items()}, "gate": gate}


def regroup(talk: Conversation) -> dict[str, object]:
    """Our grouping of the stored members at the stored number of groups."""
    stored = talk.groups >= 0
    points = polis_plane(talk.votes, talk.moderated_out).points[stored]
    labels = talk.groups[stored]
    found = group_points(points, int(labels.max()) + 1)
    centres = np.stack([points[labels == g].mean(axis=0) for g in range(labels.max() + 1)])
    inertia = float(((points - centres[labels]) ** 2).sum())
    return {
        "people": int(stored.sum()),
        "ari": round(adjusted_rand(labels, found.labels), 3),
        "inertia_ratio": round(found.inertia / inertia, 4),
    }


def gate_rates(talks: list[Conversation], people: int, draws: int) -> dict[str, object]:
    """How often the gate finds structure, and shows groups, in real and in shuffled samples.

    As in the study the gate is built on: the 30 statements with the most votes, participants
    with at least 24 of them, random samples of them.
    """
    rng = np.random.default_rng(people)
    seen = {"real": [], "shuffled": []}
    for talk in talks:
        dense = densest(talk)
        if dense.participants < people:
            continue
        for draw in range(draws):
            chosen = rng.choice(dense.participants, people, replace=False)
            real = dense.people(np.sort(chosen))
            for kind, votes in (("real", real), ("shuffled", shuffled(real, rng))):
                gate = deliberate(votes, seed=draw).gate
                p = gate.p_value if gate.p_value == gate.p_value else permutation_test(votes)[0]
                seen[kind].append((p < 0.05, gate.shown))
    rates = {k: np.mean(v, axis=0).round(3).tolist() for k, v in seen.items()}
    return {
        "samples": len(seen["real"]),
        **{f"{k}_structure": r[0] for k, r in rates.items()},
        **{f"{k}_groups_shown": r[1] for k, r in rates.items()},
    }


def densest(talk: Conversation, statements: int = 30, least: int = 24) -> Votes:
    """The votes on the most voted statements of those who answered most of them."""
    votes = talk.votes
    count = np.where(talk.moderated_out, -1, votes.counts.sum(axis=1))
    kept = np.sort(np.argsort(-count, kind="stable")[:statements])
    column = np.full(votes.statements, -1)
    column[kept] = np.arange(kept.size)
    own = column[votes.statement] >= 0
    rows = (votes.person[own], column[votes.statement[own]], votes.vote[own])
    part = Votes.from_rows(*rows, (votes.participants, kept.size))
    return part.people(np.flatnonzero(part.voted >= least))


def shuffled(votes: Votes, rng: np.random.Generator) -> Votes:
    """The votes of every statement dealt anew among those who voted on it."""
    vote = votes.vote.copy()
    for statement in range(votes.statements):
        at = np.flatnonzero(votes.statement == statement)
        vote[at] = vote[rng.permutation(at)]
    shape = (votes.participants, votes.statements)
    return Votes.from_rows(votes.person, votes.statement, vote, shape)


def quantiles(values: list[float]) -> dict[str, float]:
    """Median and 95th percentile, with the number measured."""
    middle, high = np.quantile(values, [0.5, 0.95])
    return {"median": round(float(middle), 4), "p95": round(float(high), 4), "n": len(values)}


def peak_mb() -> int:
    """Peak memory of this process in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def in_own_process(verb: str, path: Path, shape: tuple[int, int], threads: str = "") -> object:
    """Run one measurement of this file in a new process."""
    env = {**os.environ, **({"OPENBLAS_NUM_THREADS": threads} if threads else {})}
    call = [sys.executable, __file__, verb, str(path), *map(str, shape)]
    done = subprocess.run(call, check=True, capture_output=True, text=True, env=env)
    return json.loads(done.stdout.splitlines()[-1])


def machine() -> dict[str, object]:
    """What the figures were measured on."""
    return {
        "cores": os.cpu_count(),
        "processor": platform.machine(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "date": time.strftime("%Y-%m-%d"),
        "load_before": round(os.getloadavg()[0], 1),
    }


def main() -> None:
    """Measure what was asked for and print it as JSON."""
    if len(sys.argv) == 5 and sys.argv[1] in ("measure", "bits"):
        path, shape = Path(sys.argv[2]), (int(sys.argv[3]), int(sys.argv[4]))
        if sys.argv[1] == "bits":
            print(json.dumps(same_bits(path, shape)))
        else:
            print(json.dumps(measure(path, shape, 5)))
        return
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shapes", nargs="*", default=list(SHAPES), choices=list(SHAPES))
    parser.add_argument("--peer", help="a Python with red-dwarf 0.4.0")
    parser.add_argument("--polis", type=Path, help="the archive of open Polis conversations")
    parser.add_argument("--draws", type=int, default=25, help="samples a conversation and size")
    parser.add_argument("--record", type=Path, help="write the figures to this file as well")
    asked = parser.parse_args()
    told: dict[str, object] = {"machine": machine()}
    with tempfile.TemporaryDirectory() as folder:
        for name in asked.shapes:
            people, statements, votes = SHAPES[name]
            path = Path(folder) / f"{name}.npz"
            np.savez(path, **make_votes(people, statements, votes))
            told[f"{people}x{statements}"] = in_own_process("measure", path, (people, statements))
            print(name, json.dumps(told[f"{people}x{statements}"]), file=sys.stderr)
        if "panel" in asked.shapes and "country" in asked.shapes:
            marks = {
                name: [
                    in_own_process("bits", Path(folder) / f"{name}.npz", SHAPES[name][:2], threads)
                    for threads in ("1", "2")
                ]
                for name in ("panel", "country")
            }
            told["same_bits"] = {
                name: len(set(m)) == 1 and "," not in m[0] for name, m in marks.items()
            }
        if asked.peer:
            path = Path(folder) / "country.npz"
            told["side_by_side"] = against_peer(asked.peer, path, SHAPES["country"][:2])
    if asked.polis:
        told["real"] = on_real_votes(asked.polis, asked.draws)
    text = json.dumps(told, indent=1)
    print(text)
    if asked.record:
        asked.record.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
