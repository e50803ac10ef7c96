#!/usr/bin/env python3
"""Times k-means of ferrofuse, faiss and scikit-learn on the same points with the same threads.

    python3 -m pip install numpy faiss-cpu scikit-learn
    cargo build --release --example bench_codebook
    python3 scripts/bench_codebook.py target/release/examples/bench_codebook [--points descriptors.npy]

Each library runs in a process of its own, in turns (a, b, c, a, b, c, ...), so that a change in the load of the
machine meets all of them; the least of the rounds counts. Processor seconds (user + system) are the fairer figure on
a machine that is shared. Seconds are for one pass over the points: assignment and update.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time


def timed(work):
    before, start = os.times(), time.perf_counter()
    result = work()
    after = os.times()
    processor = after.user + after.system - before.user - before.system
    return result, time.perf_counter() - start, processor


def run_faiss(points, words, passes, threads):
    import faiss

    faiss.omp_set_num_threads(threads)
    kmeans = faiss.Kmeans(points.shape[1], words, niter=passes, seed=1, max_points_per_centroid=len(points))
    _, wall, processor = timed(lambda: kmeans.train(points))
    return wall / passes, processor / passes, float(kmeans.obj[-1]) / len(points)


def run_sklearn(points, words, passes, _threads):
    from sklearn.cluster import KMeans

    first = points[:: len(points) // words][:words].copy()
    kmeans = KMeans(words, init=first, n_init=1, max_iter=passes, tol=0, algorithm="lloyd")
    _, wall, processor = timed(lambda: kmeans.fit(points))
    # One more pass gives the labels of the last centres.
    return wall / (passes + 1), processor / (passes + 1), kmeans.inertia_ / len(points)


def run_mini_batch(points, words, passes, _threads):
    from sklearn.cluster import MiniBatchKMeans

    first = points[:: len(points) // words][:words].copy()
    kmeans = MiniBatchKMeans(words, init=first, n_init=1, batch_size=4096, max_iter=passes, max_no_improvement=None)
    _, wall, processor = timed(lambda: kmeans.fit(points))
    return wall / passes, processor / passes, kmeans.inertia_ / len(points)


WORKERS = {"faiss": run_faiss, "sklearn KMeans": run_sklearn, "sklearn MiniBatchKMeans": run_mini_batch}


def child(name, path, words, passes, threads):
    import numpy as np

    wall, processor, distance = WORKERS[name](np.load(path), words, passes, threads)
    print(json.dumps({"wall": wall, "processor": processor, "mean_squared_distance": distance}))


def make_points(path, n):
    """Unit vectors around 5,000 places, as descriptors are: non-negative, sparse."""
    import numpy as np

    rng = np.random.default_rng(1)
    places = rng.gamma(0.4, 1.0, (5000, 128)).astype(np.float32)
    points = places[rng.integers(0, 5000, n)] * rng.gamma(4.0, 0.25, (n, 128)).astype(np.float32)
    np.save(path, points / np.linalg.norm(points, axis=1, keepdims=True))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("--points", help="npy file of float32 (n, d); made up when left out")
    parser.add_argument("--n", type=int, default=200_000)
    parser.add_argument("--words", type=int, default=2048)
    parser.add_argument("--passes", type=int, default=3)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs="+", default=list(WORKERS))
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = args.points or os.path.join(folder, "points.npy")
        if not args.points:
            make_points(path, args.n)
        for threads in args.threads:
            environment = dict(os.environ, OMP_NUM_THREADS=str(threads), OPENBLAS_NUM_THREADS=str(threads))
            numbers = [str(args.words), str(args.passes), str(threads)]
            commands = {"ferrofuse": [args.binary, path, *numbers]}
            for name in args.only:
                commands[name] = [sys.executable, __file__, "--child", name, path, *numbers]
            found = {name: [] for name in commands}
            for _ in range(args.rounds):
                for name, command in commands.items():
                    output = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
                    found[name].append(json.loads(output.strip().splitlines()[-1]))
            print(f"{threads} thread(s): seconds a pass, ratio to ferrofuse, mean squared distance")
            least = {n: {k: min(r[k] for r in rs) for k in ("wall", "processor")} for n, rs in found.items()}
            ours = least["ferrofuse"]
            for name, best in least.items():
                ratios = [best[k] / ours[k] if ours[k] else float("nan") for k in ("wall", "processor")]
                distance = found[name][-1]["mean_squared_distance"]
                print(
                    f"  {name:<24} wall {best['wall']:7.3f} ({ratios[0]:5.2f})"
                    f"  processor {best['processor']:7.3f} ({ratios[1]:5.2f})  {distance:.6g}"
                )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        name, path, words, passes, threads = sys.argv[2:]
        child(name, path, int(words), int(passes), int(threads))
    else:
        main()
