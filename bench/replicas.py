"""Quality of N replicas, without N machines: `python -m bench.replicas TEXT --eval FOLDER`.

The ranks are threads of this process, which exchange what ranks on MPI would; the vectors are those
that `mpiexec -n N xw2v train` gives, to the bit. For each number of ranks and rule of combining it
prints the scores and the bytes that a rank sent for each token that it kept. `--plot` draws quality
against the number of ranks and against bytes.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from bench.compare import check_outputs, quality
from xw2v.cluster.ranks import Ranks
from xw2v.cluster.threads import on_ranks
from xw2v.settings import Settings
from xw2v.sgns import combine_schedule
from xw2v.sgns.array import Array
from xw2v.sgns.combine import combined_displacement
from xw2v.sgns.combine_rows import PlainRowCombiner, Rule
from xw2v.sgns.config import Shard
from xw2v.text.corpus import Corpus
from xw2v.text.reading import open_corpus
from xw2v.training.checkpoint import CheckpointFolder
from xw2v.training.checkpointer import Checkpointer, CheckpointInterval
from xw2v.training.replicas import Replicas
from xw2v.training.run import prepare
from xw2v.training.signals import StopSignals
from xw2v.vectors.keyedvectors import KeyedVectors

OWN_RULE = "curvature"  # that training has; others, to compare it with:
RULES: dict[str, Rule] = {
    "agreement": lambda sums, direction, curvature, replicas: combined_displacement(
        sums, direction, curvature + np.inf, replicas
    ),
    "mean": lambda sums, direction, curvature, replicas: sums.total / replicas,
    "sum": lambda sums, direction, curvature, replicas: sums.total,
}
BLOCK_TOKENS = 2000  # that stay together where a text is shuffled
SCORES = ("WS-353", "SimLex", "MEN", "RW", "MTurk", "analogies", "semantic", "syntactic")


def simulated(
    corpus: Corpus, settings: Settings, size: int, rule: str, folder: Path
) -> dict[str, Any]:
    """Train N replicas and judge rank 0's vectors."""
    began = time.monotonic()

    def work(ranks: Ranks) -> tuple[Array, int, int]:
        trainer = prepare(corpus, settings, shard=Shard(ranks.rank, size))
        checkpointer = Checkpointer(
            trainer, CheckpointFolder(folder), CheckpointInterval(seconds=1e9), print
        )
        checkpointer.on_epoch_end = lambda state: None  # type: ignore[method-assign]
        replicas = Replicas(trainer, ranks, StopSignals(), checkpointer)
        if rule != OWN_RULE:
            replicas.tables.combiner = PlainRowCombiner(RULES[rule])
        state = trainer.train(trainer.start(), [replicas])
        return state.tables.center, replicas.tables.bytes_sent, state.steps

    results = on_ranks(size, work)
    result: dict[str, Any] = {"ranks": size, "rule": rule}
    for failed in results:
        if isinstance(failed, Exception):
            return result | {"failed": f"{type(failed).__name__}: {failed}"[:100]}
    vectors, sent, steps = results[0]
    batch = 2048 if settings.batch_tokens is None else settings.batch_tokens
    return result | {
        "seconds": round(time.monotonic() - began, 1),
        "steps": steps,
        "bytes": sent,
        "bytes_per_token": round(sent / (steps * batch), 1),
        "quality": quality(KeyedVectors(corpus.vocabulary.words, vectors), OPTIONS.eval),
    }


def shuffled(corpus: Corpus, seed: int) -> Corpus:
    """The corpus with blocks of sentences in another order. Where texts of different kinds stand
    one after the other, what was read last counts most, and scores depend on the order by more than
    on anything that is compared here (docs/scaling.md).
    """
    offsets, lengths = np.asarray(corpus.offsets[:]), np.diff(corpus.offsets[:])
    block = offsets[:-1] // BLOCK_TOKENS  # (S,) of each sentence
    rank = np.random.default_rng(seed).permutation(int(block[-1]) + 1)
    order = np.argsort(rank[block], kind="stable")
    ids = np.asarray(corpus.ids[:])
    parts = [ids[offsets[s] : offsets[s + 1]] for s in order.tolist()]
    return replace(
        corpus,
        ids=np.concatenate(parts),
        offsets=np.concatenate([[0], np.cumsum(lengths[order])]),
        fingerprint=f"{corpus.fingerprint}, shuffled by {seed}",
    )


def row(result: dict[str, Any]) -> str:
    """A line of the table."""
    head = f"| {result['ranks']} | {result['rule']} | {result['interval']} | {result['longest']} "
    if "failed" in result:
        return head + f"| | {result['failed']} |"
    scores = " | ".join(f"{result['quality'].get(name, np.nan):.3f}" for name in SCORES)
    return head + f"| {result['bytes_per_token']:,.0f} | {scores} |"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("text", nargs="+", help="text files")
    parser.add_argument("--eval", type=Path, required=True, help="folder of test sets")
    parser.add_argument("--ranks", nargs="+", type=int, default=[1, 2, 4, 8])
    parser.add_argument("--rules", nargs="+", choices=[OWN_RULE, *RULES], default=[OWN_RULE])
    parser.add_argument("--intervals", nargs="+", type=int, default=[0], help="0: by the ranks")
    parser.add_argument(
        "--doublings",
        nargs="+",
        type=int,
        default=[combine_schedule.MAX_DOUBLINGS],
        help="of the interval, up to the longest",
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--shuffle", action="store_true", help="the text first, by the seed")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--batch-tokens", type=int)
    parser.add_argument("--json", type=Path, help="file that a line is added to for each result")
    parser.add_argument("--plot", type=Path, metavar="FILE.png", help="draw all that --json holds")
    parser.parse_args(namespace=OPTIONS)
    check_outputs(parser, OPTIONS.json, OPTIONS.plot)
    if OPTIONS.plot and not OPTIONS.json:
        parser.error("--plot draws the results in a file: name it with --json")
    corpus = open_corpus(OPTIONS.text)
    if OPTIONS.shuffle:
        corpus = shuffled(corpus, OPTIONS.seed)
    base = Settings(
        seed=OPTIONS.seed, epochs=OPTIONS.epochs, batch_tokens=OPTIONS.batch_tokens, workers=1
    )
    print(f"| ranks | rule | interval | longest | bytes a token | {' | '.join(SCORES)} |")
    print("|---" * (5 + len(SCORES)) + "|", flush=True)
    for size in OPTIONS.ranks:
        for rule in OPTIONS.rules:
            for interval in OPTIONS.intervals:
                for doublings in OPTIONS.doublings:
                    combine_schedule.MAX_DOUBLINGS = doublings
                    steps = interval or combine_schedule.interval_of(size)
                    settings = replace(base, combine_interval=steps)
                    with tempfile.TemporaryDirectory() as folder:
                        result = simulated(corpus, settings, size, rule, Path(folder))
                    result |= {"interval": steps, "longest": steps << doublings}
                    print(row(result), flush=True)
                    if OPTIONS.json:
                        with OPTIONS.json.open("a", encoding="utf-8") as file:
                            file.write(json.dumps(result | {"seed": OPTIONS.seed}) + "\n")
                if size == 1:
                    break
    if OPTIONS.plot:
        from bench.plots import plot_replicas

        lines = OPTIONS.json.read_text(encoding="utf-8").splitlines()
        plot_replicas(OPTIONS.plot, [json.loads(line) for line in lines])


OPTIONS = argparse.Namespace()

if __name__ == "__main__":
    main()
