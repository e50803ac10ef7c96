#!/usr/bin/env python3
"""Times kernel ridge regression and linear SVMs of ferrofuse against numpy/scipy and scikit-learn.

    python3 -m pip install numpy scipy scikit-learn
    cargo build --release --example bench_classifiers
    python3 scripts/bench_classifiers.py target/release/examples/bench_classifiers [--features F.npy --labels L.npy]

All fit to the same rows, score the same queries and count the same answers; each in a process of its own, in turns, so
that a change in the load of the machine meets all of them. The least of the rounds counts. Processor seconds (user and
system) are the fairer figure on a machine that is shared. Without --features, rows are made up: overlapping clouds,
and for the sparse case histograms with 5 % of the words.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time

GAMMA, LAMBDA, C = 1.0, 0.3, 1.0
RECIPES = {
    "kernel ridge": f'kind = "kernel-ridge"\ntitle = "t"\nfeatures = ["f"]\nnormalisation = "l2"\nkernel = "rbf"\n'
    f"gamma = {GAMMA}\nlambda = {LAMBDA}\n",
    "linear SVM": f'kind = "linear"\ntitle = "t"\nfeatures = ["f"]\nnormalisation = "l2"\nc = {C}\neps = 0.01\nseed = 1\n',
}


def rows(features, labels, queries):
    import numpy as np

    x, y = np.load(features), np.load(labels)
    x /= np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-30)
    return x[:-queries], y[:-queries], x[-queries:], y[-queries:]


def scipy_ridge(x, y, q):
    import numpy as np
    from scipy.linalg import cho_factor, cho_solve

    def rbf(a, b):
        k = a @ b.T
        k *= -2
        k += (a * a).sum(1)[:, None]
        k += (b * b).sum(1)
        np.maximum(k, 0, out=k)
        k *= -GAMMA
        return np.exp(k, out=k)

    gram = np.asfortranarray(rbf(x, x))
    gram.flat[:: len(x) + 1] += np.float32(LAMBDA)
    targets = np.where(y[:, None] == np.arange(y.max() + 1), np.float32(1), np.float32(-1))
    factor = cho_factor(gram, lower=True, overwrite_a=True, check_finite=False)
    return (rbf(q, x) @ cho_solve(factor, targets, check_finite=False)).argmax(1)


def linear_svc(x, y, q):
    from scipy import sparse
    from sklearn.svm import LinearSVC

    if (x != 0).mean() < 0.2:
        x, q = sparse.csr_matrix(x), sparse.csr_matrix(q)
    return LinearSVC(C=C, loss="squared_hinge", dual=True, tol=0.01, max_iter=1000, random_state=1).fit(x, y).predict(q)


PEERS = {"kernel ridge": ("scipy", scipy_ridge), "linear SVM": ("scikit-learn LinearSVC", linear_svc)}


def child(task, features, labels, queries):
    x, y, q, truth = rows(features, labels, int(queries))
    before, start = os.times(), time.perf_counter()
    found = PEERS[task][1](x, y, q)
    wall, after = time.perf_counter() - start, os.times()
    processor = after.user + after.system - before.user - before.system
    print(json.dumps({"wall": wall, "processor": processor, "accuracy": float((found == truth).mean())}))


def make_rows(folder, n, d, sparse):
    import numpy as np

    rng = np.random.default_rng(1)
    y = rng.integers(0, 7, n).astype(np.uint8)
    if sparse:
        liking = rng.gamma(0.3, 1.0, (7, d))
        chance = np.minimum(0.05 * (0.5 + 0.5 * liking / liking.mean()), 1)
        x = (rng.random((n, d), dtype=np.float32) < chance[y]) * rng.gamma(1.0, 1.0, (n, d)).astype(np.float32)
    else:
        x = rng.standard_normal((n, d), dtype=np.float32) + 0.05 * rng.standard_normal((7, d)).astype(np.float32)[y]
    name = "sparse" if sparse else "dense"
    paths = [os.path.join(folder, f"{name}-{part}.npy") for part in ("features", "labels")]
    np.save(paths[0], x.astype(np.float32))
    np.save(paths[1], y)
    return paths


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("--features", help="npy file of float32 (n, d)")
    parser.add_argument("--labels", help="npy file of uint8 (n)")
    parser.add_argument("--n", type=int, default=10_000)
    parser.add_argument("--d", type=int, default=4096)
    parser.add_argument("--queries", type=int, default=1000)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs="+", choices=list(RECIPES), default=list(RECIPES))
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        cases = []
        if args.features:
            cases = [(task, "given rows", args.features, args.labels) for task in args.only]
        else:
            dense, sparse = (make_rows(folder, args.n, args.d, s) for s in (False, True))
            cases = [(task, "dense rows", *dense) for task in args.only]
            cases += [("linear SVM", "sparse rows", *sparse)] * ("linear SVM" in args.only)
        for task, what, features, labels in cases:
            recipe = os.path.join(folder, task.replace(" ", "-") + ".toml")
            with open(recipe, "w") as file:
                file.write(RECIPES[task])
            for threads in args.threads:
                environment = dict(os.environ, OMP_NUM_THREADS=str(threads), OPENBLAS_NUM_THREADS=str(threads))
                tail = [features, labels, str(args.queries)]
                commands = {
                    "ferrofuse": [args.binary, recipe, *tail, str(threads)],
                    PEERS[task][0]: [sys.executable, __file__, "--child", task, *tail],
                }
                found = {name: [] for name in commands}
                for _ in range(args.rounds):
                    for name, command in commands.items():
                        run = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
                        found[name].append(json.loads(run.stdout.strip().splitlines()[-1]))
                print(f"{task}, {what}, {threads} thread(s): seconds, ratio to ferrofuse, accuracy")
                least = {n: {k: min(r[k] for r in rs) for k in ("wall", "processor")} for n, rs in found.items()}
                for name, best in least.items():
                    ratios = [best[k] / least["ferrofuse"][k] for k in ("wall", "processor")]
                    print(
                        f"  {name:<24} wall {best['wall']:7.2f} ({ratios[0]:5.2f})"
                        f"  processor {best['processor']:7.2f} ({ratios[1]:5.2f})  {found[name][-1]['accuracy']:.4f}",
                        flush=True,
                    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(*sys.argv[2:])
    else:
        main()
