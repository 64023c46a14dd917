"""Results of `bench.compare`: read, told apart by their settings, laid out as a table, judged."""

from __future__ import annotations

import json
import statistics
from pathlib import Path
from typing import Any

WORK_SETTINGS = ("vector_size", "window", "negative", "sample", "epochs", "model")
# ... of which the work depends
SHARED_SETTINGS = (*WORK_SETTINGS, "alpha")  # that every contender is given
SHORT_NAMES = {"vector_size": "d"}  # names in a table, where they are not the setting's own
Result = dict[str, Any]
Groups = dict[str, list[Result]]  # by label


def load_results(files: list[Path]) -> list[Result]:
    """The results that --json wrote, of several files one after the other."""
    results: list[Result] = []
    for file in files:
        try:
            read = json.loads(file.read_text(encoding="utf-8"))
            if not all(
                {"contender", "seed", "words_per_second", "peak_mb"} <= set(result)
                for result in read
            ):
                raise ValueError(
                    "a result lacks its contender, seed, words per second or peak memory"
                )
        except (OSError, ValueError, TypeError) as error:
            raise SystemExit(f"{file}: no results of bench.compare: {error}") from None
        results += read
    return results


def labelled(results: list[Result]) -> Groups:
    """The results by contender, and by the settings and texts in which they differ: "xw2v, d 300,
    alpha 0.025".

    A setting that xw2v alone was given is named where xw2v's runs differ in it.
    """

    def differ(names: list[str], among: list[Result]) -> list[str]:
        values = {
            name: {json.dumps(settings_of(result).get(name)) for result in among} for name in names
        }
        return [name for name in names if len(values[name]) > 1]

    shared = differ(list(SHARED_SETTINGS), results)
    texts = {
        text_of(result): "{description} ({raw_words:,} words)".format(**result["text"])
        if "text" in result
        else ""
        for result in results
    }
    groups: Groups = {}
    for result in results:
        same = [other for other in results if other["contender"] == result["contender"]]
        given = dict.fromkeys(
            name for other in same for name in settings_of(other) if name not in SHARED_SETTINGS
        )
        settings = settings_of(result)
        parts = [result["contender"] + (" (extrapolated)" if "loop" in result["contender"] else "")]
        parts += [
            f"{SHORT_NAMES.get(name, name)} {settings[name]}"
            for name in shared + differ(list(given), same)
            if name in settings
        ]
        if len(texts) > 1 and "text" in result:
            name = texts[text_of(result)]
            parts.append(
                name
                if list(texts.values()).count(name) == 1
                else f"{name} {str(text_of(result))[:8]}"
            )
        groups.setdefault(", ".join(parts), []).append(result)
    return groups


def settings_of(result: Result) -> dict[str, Any]:
    return dict(result.get("settings", {}))  # older results have none


def text_of(result: Result) -> str | None:
    fingerprint: str | None = result.get("text", {}).get("fingerprint")
    return fingerprint


def gensim_beside(result: Result, groups: Groups) -> str | None:
    """The label of gensim's runs of the same work on the same text, with the same alpha if there
    are such.
    """

    def work(other: Result) -> list[Any]:
        return [text_of(other), *(settings_of(other).get(name) for name in WORK_SETTINGS)]

    found = {
        label: settings_of(runs[0]).get("alpha") == settings_of(result).get("alpha")
        for label, runs in groups.items()
        if runs[0]["contender"] == "gensim" and work(runs[0]) == work(result)
    }
    return max(found, key=lambda label: found[label], default=None)


def table(results: list[Result]) -> str:
    """A Markdown table of the runs, a contender with its settings a line."""
    groups = labelled(results)
    sets = list(dict.fromkeys(name for result in results for name in result.get("quality", {})))
    speeds = {label: [run["words_per_second"] for run in runs] for label, runs in groups.items()}
    lines = [
        "| | words/s, median (least - most), runs | x gensim | peak MB | " + " | ".join(sets) + " |"
    ]
    lines.append("| --- " * (4 + len(sets)) + "|")
    for label, runs in groups.items():
        median, base = statistics.median(speeds[label]), gensim_beside(runs[0], groups)
        cells = [
            label,
            f"{median:,.0f} ({min(speeds[label]):,.0f} - {max(speeds[label]):,.0f}), {len(runs)}",
            f"{median / statistics.median(speeds[base]):.2f}" if base else "",
            f"{statistics.median(run['peak_mb'] for run in runs):.0f}",
        ]
        for test_set in sets:
            scores = scores_of(runs, test_set)
            shown = (
                f"{statistics.mean(scores):.3f} ± {(max(scores) - min(scores)) / 2:.3f}"
                if scores
                else ""
            )
            cells.append(shown)
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def scores_of(runs: list[Result], test_set: str) -> list[float]:
    """The scores of one test set, one per run that has it."""
    return [run["quality"][test_set] for run in runs if test_set in run.get("quality", {})]


def as_good(scores: list[float], reference: list[float]) -> bool:
    """Whether the mean is below the reference's by no more than the reference's spread."""
    spread = max(reference) - min(reference)
    return statistics.mean(scores) >= statistics.mean(reference) - spread


def scores_below(own: list[Result], reference: list[Result]) -> str:
    """The test sets in which `own` is not as good as the reference, with both means."""
    below = []
    for test_set in reference[0].get("quality", {}):
        scores, others = scores_of(own, test_set), scores_of(reference, test_set)
        if scores and not as_good(scores, others):
            means = f"{statistics.mean(scores):.3f} against {statistics.mean(others):.3f}"
            below.append(f"{test_set} ({means})")
    return ", ".join(below) or "nothing"


def verdict(results: list[Result]) -> str:
    """Where xw2v's mean stands below gensim's by more than gensim's spread over the seeds, a line a
    setting.
    """
    groups, lines = labelled(results), []
    for label, runs in groups.items():
        base = gensim_beside(runs[0], groups)
        if runs[0]["contender"] != "xw2v" or base is None:
            continue
        below = scores_below(runs, groups[base])
        lines.append(f"{label}: below the mean of {base} by more than its spread: {below}")
    return "\n".join(lines)
