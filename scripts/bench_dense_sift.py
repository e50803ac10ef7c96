#!/usr/bin/env python3
"""Times dense SIFT of ferrofuse, VLFeat and OpenCV on the same pictures, in turns, and prints the ratios.

    apt-get install libvlfeat-dev                # left out of the table without it
    python3 -m pip install numpy 'opencv-python-headless<5'
    cargo build --release --example bench_dense_sift
    python3 scripts/bench_dense_sift.py target/release/examples/bench_dense_sift [--images data/fer2013/images.npy]

Bins are 4 pixels wide, at 36 and at 144 points of a 48 x 48 picture. All take the pictures one by one; VLFeat with its
flat window, its fastest, and smoothed as ferrofuse smooths. The best of the rounds counts, so that a change in the
load of the machine meets all of them alike. With more than one thread, each thread (for the Python
libraries: each process) has its own share of the pictures.
"""

import argparse
import concurrent.futures
import ctypes
import json
import os
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "golden"))
BIN = 4


def vlfeat_worker(images, step):
    import numpy as np
    from dense_sift import Filter, library

    vl = library()
    vl.vl_dsift_new_basic.restype = ctypes.POINTER(Filter)
    h, w = images.shape[1:]
    dsift = vl.vl_dsift_new_basic(w, h, step, BIN)
    dsift.contents.use_flat_window = 1
    sigma = ctypes.c_double((BIN**2 / 36 - 0.25) ** 0.5)
    grey, smooth = np.empty((h, w), np.float32), np.empty((h, w), np.float32)
    n = [ctypes.c_size_t(v) for v in (w, h)]
    to, out = (a.ctypes.data_as(ctypes.c_void_p) for a in (grey, smooth))
    start = time.perf_counter()
    for image in images:
        grey[:] = image
        vl.vl_imsmooth_f(out, n[0], to, n[0], n[1], n[0], sigma, sigma)
        vl.vl_dsift_process(dsift, out)
    return dsift.contents.frames_count, time.perf_counter() - start


def opencv_worker(images, step):
    import cv2

    cv2.setNumThreads(1)
    sift = cv2.SIFT_create()
    room = 48 - 1 - 3 * BIN
    places = [room % step // 2 + 1.5 * BIN + i for i in range(0, room + 1, step)]
    keypoints = [cv2.KeyPoint(x, y, BIN / 1.5) for y in places for x in places]
    start = time.perf_counter()
    for image in images:
        sift.compute(image, keypoints)
    return len(keypoints), time.perf_counter() - start


WORKERS = {"VLFeat, flat window": vlfeat_worker, "OpenCV": opencv_worker}


def share(name, path, step, part, parts, count):
    import numpy as np

    images = np.load(path, mmap_mode="r")[:count]
    return WORKERS[name](np.ascontiguousarray(images[part::parts]), step)


def peer(name, path, step, threads, count):
    with concurrent.futures.ProcessPoolExecutor(threads) as pool:
        jobs = [pool.submit(share, name, path, step, i, threads, count) for i in range(threads)]
        results = [j.result() for j in jobs]
    return results[0][0], count / max(seconds for _, seconds in results)


def ours(binary, path, step, threads):
    command = [binary, path, str(step), str(BIN), "3", str(threads)]
    found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return found["points"], found["images_per_second"]


def main():
    import numpy as np

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("--images", help="npy file of u8 (n, 48, 48); made up when left out")
    parser.add_argument("--count", type=int, default=2000, help="pictures that the peers describe")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        images = np.load(args.images, mmap_mode="r")[: args.count] if args.images else None
        if images is None:
            noise = np.random.default_rng(1).integers(0, 256, (args.count, 12, 12), dtype=np.uint8)
            images = noise.repeat(4, axis=1).repeat(4, axis=2)
        path = os.path.join(folder, "images.npy")
        np.save(path, images)
        count = len(images)
        print(f"images/s on {count} pictures, best of {args.rounds}; in brackets how many times ferrofuse is as fast")
        for threads in args.threads:
            for step in (7, 3):
                found = {}
                for _ in range(args.rounds):
                    rounds = {"ferrofuse": ours(args.binary, path, step, threads)}
                    for name in WORKERS:
                        try:
                            rounds[name] = peer(name, path, step, threads, count)
                        except OSError as error:
                            print(f"{name} is left out: {error}", file=sys.stderr)
                    for name, (points, rate) in rounds.items():
                        found[name] = (points, max(rate, found.get(name, (0, 0))[1]))
                best = found["ferrofuse"][1]
                for name, (points, rate) in found.items():
                    print(f"  {threads} thread(s), {points:3} points  {name:<20} {rate:8.0f}  ({best / rate:5.1f})")


if __name__ == "__main__":
    main()
