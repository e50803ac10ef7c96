#!/usr/bin/env python3
"""Times the bootstrap of scores in ferrofuse against numpy and SciPy on the same labels.

    python3 -m pip install numpy scipy
    cargo build --release --example bench_bootstrap
    python3 scripts/bench_bootstrap.py target/release/examples/bench_bootstrap [--clusters 100]

Accuracy, balanced accuracy and macro-F1 of 20 models on 3,589 rows of 7 classes and their differences to the first
model, 10,000 resamples with rows drawn inside classes (or whole clusters). In numpy, drawn rows are counted by bincount
and the counts are multiplied with one-hot predictions, so that BLAS does the work; chunks of resamples go to as many
threads as there are. SciPy's bootstrap takes one model at a time, is neither stratified nor paired, and gets fewer
resamples; its seconds are scaled up to as many. In turns, each in a process of its own; the best of the rounds counts.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

# Rows of each class in the test split of FER2013.
ROWS = (491, 55, 528, 879, 594, 416, 626)
CLASSES, CHUNK, TIMES, TAILS = len(ROWS), 100, 3, (0.025, 0.975)
SCIPY_RESAMPLES = 200


def timed(work):
    """The least wall-clock seconds, the mean processor seconds, and what the work gives."""
    wall, before = float("inf"), os.times()
    for _ in range(TIMES):
        start = time.perf_counter()
        found = work()
        wall = min(wall, time.perf_counter() - start)
    after = os.times()
    return wall, (after.user + after.system - before.user - before.system) / TIMES, found


def scores_of(support, right, guessed):
    """Accuracy, balanced accuracy, macro-F1 from counts whose last axis is the class."""
    import numpy as np

    with np.errstate(invalid="ignore"):
        recall, f1 = right / support, 2 * right / (support + guessed)
    accuracy = right.sum(-1) / support.sum(-1)
    if np.isnan(recall).any() or np.isnan(f1).any():
        return np.stack([accuracy, np.nanmean(recall, -1), np.nanmean(f1, -1)], -1)
    return np.stack([accuracy, recall.mean(-1), f1.mean(-1)], -1)


def run_numpy(labels, predicted, clusters, resamples, threads):
    import numpy as np

    m = len(predicted)
    one_hot = np.eye(CLASSES, dtype=np.float32)[predicted].transpose(1, 0, 2)
    if clusters is None:
        strata = [one_hot[labels == t].reshape(-1, m * CLASSES).copy() for t in range(CLASSES)]
    else:
        true = np.eye(CLASSES, dtype=np.float32)[labels]
        every = np.concatenate([one_hot, one_hot * true[:, None], true[:, None]], 1).reshape(len(labels), -1)
        strata = [np.zeros((clusters.max() + 1, every.shape[1]), np.float32)]
        np.add.at(strata[0], clusters, every)

    def chunk(first):
        rng, size = np.random.default_rng([1, first]), min(CHUNK, resamples - first)

        def drawn(units):
            places = rng.integers(0, len(units), (size, len(units)), dtype=np.int32)
            places += np.arange(size, dtype=np.int32)[:, None] * len(units)
            counts = np.bincount(places.ravel(), minlength=places.size).reshape(places.shape)
            return (counts.astype(np.float32) @ units).reshape(size, -1, CLASSES)

        if clusters is not None:
            sums = drawn(strata[0])
            return scores_of(sums[:, 2 * m :], sums[:, m : 2 * m], sums[:, :m])
        sums = [drawn(units) for units in strata]
        right = np.stack([counts[:, :, t] for t, counts in enumerate(sums)], -1)
        return scores_of(np.array([len(units) for units in strata]), right, sum(sums))

    with ThreadPoolExecutor(threads) as pool:
        scores = np.concatenate(list(pool.map(chunk, range(0, resamples, CHUNK))))
        # A copy in which the resamples of a score lie side by side is faster to sort.
        columns = [np.ascontiguousarray(s.reshape(resamples, -1).T) for s in (scores, scores - scores[:, :1])]
        own, _ = pool.map(lambda column: np.quantile(column, TAILS, axis=1, overwrite_input=True), columns)
    return own[:, 0].tolist()


def run_scipy(labels, predicted, _clusters, resamples, _threads):
    import numpy as np
    from scipy.stats import bootstrap

    def statistic(labels, predicted, axis=-1):
        cells = (labels.astype(np.int32) * CLASSES + predicted).reshape(-1, labels.shape[-1])
        cells += np.arange(len(cells), dtype=np.int32)[:, None] * CLASSES**2
        counts = np.bincount(cells.ravel(), minlength=len(cells) * CLASSES**2).reshape(-1, CLASSES, CLASSES)
        right = np.diagonal(counts, axis1=1, axis2=2)
        scores = scores_of(counts.sum(2), right, counts.sum(1))
        return np.moveaxis(scores.reshape(*labels.shape[:-1], 3), -1, 0)

    ends = []
    for model in predicted:
        found = bootstrap(
            (labels, model), statistic, paired=True, vectorized=True, method="percentile", n_resamples=resamples,
            batch=100, rng=np.random.default_rng(1),
        )
        ends.append([float(found.confidence_interval.low[0]), float(found.confidence_interval.high[0])])
    return ends[0]


WORKERS = {"numpy": run_numpy, "SciPy": run_scipy}


def child(name, resamples, threads, labels, predicted, clusters=None):
    import numpy as np

    resamples = int(resamples)
    done = min(resamples, SCIPY_RESAMPLES) if name == "SciPy" else resamples
    clusters = clusters and np.load(clusters).astype(np.int64)
    labels, predicted = np.load(labels), np.load(predicted)
    wall, processor, found = timed(lambda: WORKERS[name](labels, predicted, clusters, done, int(threads)))
    scale = resamples / done
    print(json.dumps({"wall": wall * scale, "processor": processor * scale, "accuracy": found}))


def make_tables(folder, models, clusters):
    """Rows that are hard for all models or easy for all, and mistakes of each model's own."""
    import numpy as np

    rng = np.random.default_rng(1)
    labels = rng.permutation(np.repeat(np.arange(CLASSES, dtype=np.uint8), ROWS))
    chance = rng.beta(2.0, 1.0, len(labels)) * rng.uniform(0.9, 1.0, (models, 1))
    guesses = rng.integers(0, CLASSES, (models, len(labels)), dtype=np.uint8)
    tables = {"labels": labels, "predicted": np.where(rng.random(guesses.shape) < chance, labels, guesses)}
    if clusters:
        tables["clusters"] = rng.integers(0, clusters, len(labels), dtype=np.uint32)
    paths = []
    for name, table in tables.items():
        paths.append(os.path.join(folder, f"{name}.npy"))
        np.save(paths[-1], table)
    return paths


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("--models", type=int, default=20)
    parser.add_argument("--clusters", type=int, default=0, help="draw whole clusters, so many")
    parser.add_argument("--resamples", type=int, default=10_000)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs="+", default=list(WORKERS))
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        labels, predicted, *clusters = make_tables(folder, args.models, args.clusters)
        for threads in args.threads:
            # The threads of numpy are those of the chunks.
            environment = dict(os.environ, OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
            numbers = [str(args.resamples), str(threads)]
            commands = {"ferrofuse": [args.binary, labels, predicted, str(CLASSES), *numbers, *clusters]}
            for name in args.only:
                if not (name == "SciPy" and clusters):
                    commands[name] = [sys.executable, __file__, "--child", name, *numbers, labels, predicted, *clusters]
            found = {name: [] for name in commands}
            for _ in range(args.rounds):
                for name, command in commands.items():
                    output = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
                    found[name].append(json.loads(output.strip().splitlines()[-1]))
            print(f"{args.models} models, {threads} thread(s): seconds (so many times those of ferrofuse), an interval")
            least = {n: {k: min(r[k] for r in rs) for k in ("wall", "processor")} for n, rs in found.items()}
            ours = least["ferrofuse"]
            for name, best in least.items():
                ratios = [best[k] / ours[k] if ours[k] else float("nan") for k in ("wall", "processor")]
                low, high = found[name][-1]["accuracy"]
                print(
                    f"  {name:<10} wall {best['wall']:8.3f} ({ratios[0]:6.1f})"
                    f"  processor {best['processor']:8.3f} ({ratios[1]:6.1f})  {low:.4f} to {high:.4f}",
                    flush=True,
                )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(*sys.argv[2:])
    else:
        main()
