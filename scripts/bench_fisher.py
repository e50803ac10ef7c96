#!/usr/bin/env python3
"""Times Fisher vectors of ferrofuse against the same matrix products in numpy.

    python3 -m pip install numpy
    cargo build --release --example bench_fisher
    python3 scripts/bench_fisher.py target/release/examples/bench_fisher

Both project 128-byte descriptors (RootSIFT), find the posteriors of all Gaussians and form the improved Fisher vector,
in batches of pictures; as many descriptors a picture and as many Gaussians. In turns; the best of the rounds counts.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time

COMPONENTS, DIMENSIONS, BATCH = 64, 64, 64
RECIPE = f"""title = "t"
extractor = "dense-sift"
root-sift = true
position = true
encoding = "fisher"
normalisation = "hellinger"
[grid]
bins = [4, 6]
step = 3
[pca]
dimensions = {DIMENSIONS}
[mixture]
components = {COMPONENTS}
sample = 20000
iterations = 3
"""


def child(points, pictures):
    import numpy as np

    points, pictures = int(points), int(pictures)
    rng = np.random.default_rng(1)
    described = rng.integers(0, 120, (pictures, points, 128), dtype=np.uint8)
    places = rng.random((points, 2), dtype=np.float32) - 0.5
    mean, directions = rng.random(128, dtype=np.float32) * 0.1, rng.standard_normal((128, DIMENSIONS), dtype=np.float32)
    d = DIMENSIONS + 2
    mu = rng.standard_normal((COMPONENTS, d), dtype=np.float32) * 0.3
    variance = rng.random((COMPONENTS, d), dtype=np.float32) + 0.5
    weight = np.full(COMPONENTS, 1 / COMPONENTS, np.float32)
    deviation = np.sqrt(variance)
    a, b = (-0.5 / variance).T.copy(), (mu / variance).T.copy()
    constant = np.log(weight) - 0.5 * np.log(2 * np.pi * variance).sum(1) - 0.5 * (mu**2 / variance).sum(1)
    start = time.perf_counter()
    for first in range(0, pictures, BATCH):
        x = described[first : first + BATCH].reshape(-1, 128).astype(np.float32)
        x /= x.sum(1, keepdims=True)
        np.sqrt(x, out=x)
        n = len(x) // points
        x = np.concatenate([(x - mean) @ directions, np.tile(places, (n, 1))], 1)
        squares = x * x
        p = squares @ a + x @ b + constant
        p -= p.max(1, keepdims=True)
        np.exp(p, out=p)
        p /= p.sum(1, keepdims=True)
        p = p.reshape(n, points, COMPONENTS).transpose(0, 2, 1)
        s0 = p.sum(2)[:, :, None]
        s1, s2 = p @ x.reshape(n, points, d), p @ squares.reshape(n, points, d)
        u = (s1 - mu * s0) / (points * deviation * np.sqrt(weight)[:, None])
        v = (s2 - 2 * mu * s1 + (mu**2 - variance) * s0) / (points * variance * np.sqrt(2 * weight)[:, None])
        vector = np.concatenate([u.reshape(n, -1), v.reshape(n, -1)], 1)
        vector /= np.abs(vector).sum(1, keepdims=True)
        vector = np.sign(vector) * np.sqrt(np.abs(vector))
    print(json.dumps({"images_per_second": pictures / (time.perf_counter() - start)}))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("--pictures", type=int, default=4000)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        recipe = os.path.join(folder, "fisher.toml")
        with open(recipe, "w") as file:
            file.write(RECIPE)
        for threads in args.threads:
            environment = dict(os.environ, OMP_NUM_THREADS=str(threads), OPENBLAS_NUM_THREADS=str(threads))

            def run(command):
                output = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
                return json.loads(output.strip().splitlines()[-1])

            ours, theirs = [], []
            for _ in range(args.rounds):
                ours.append(run([args.binary, recipe, str(args.pictures), str(threads)]))
                points = str(ours[-1]["points"])
                theirs.append(run([sys.executable, __file__, "--child", points, str(args.pictures)]))
            best = [max(r["images_per_second"] for r in runs) for runs in (ours, theirs)]
            print(f"{threads} thread(s), {points} descriptors, {ours[0]['numbers']} numbers: images a second")
            print(f"  ferrofuse {best[0]:8.0f}\n  numpy     {best[1]:8.0f}  ({best[0] / best[1]:.2f}x)", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(*sys.argv[2:])
    else:
        main()
