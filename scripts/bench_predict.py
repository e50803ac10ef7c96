#!/usr/bin/env python3
"""Times `ferrofuse predict` on a folder of pictures against a plain loop of OpenCV and PyTorch in Python, and on a video.

    python3 -m pip install torch==2.11.0 numpy "opencv-python-headless<5"
    cargo build --release --bins --examples
    python3 scripts/bench_predict.py target/release

Both find faces by the same cascade with the same settings, and both predict by the same network with the same views: the one in
models/pretrained (the loop has its architecture with other weights, which takes the same time). Whole processes are timed, in
turns, from start to exit; the best of the rounds counts. The cascade is timed by itself as well, picture after picture in memory,
and the boxes of both are compared. Pictures and video are of drawn faces. How fast networks are by themselves, also beside
onnxruntime, is what scripts/bench_network.py says.
"""

import argparse
import csv
import json
import math
import os
import subprocess
import sys
import tempfile
import time
import tomllib

from bench_network import SIDE, build

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
CASCADES = "/usr/share/opencv4/haarcascades/haarcascade_frontalface_default.xml"


def loop(folder, recipe, table):
    """What one writes in an afternoon: each picture read, its faces found, each face predicted, a row written."""
    import cv2
    import numpy
    import torch

    torch.set_grad_enabled(False)
    with open(recipe, "rb") as file:
        recipe = tomllib.load(file)
    training, side = recipe["training"], recipe.get("input", {}).get("crop", SIDE)
    if training.get("ten-crops"):
        raise SystemExit("the loop has no ten crops: name a network without them")
    network = build(recipe)
    network(torch.zeros(2, 1, side, side))
    network.eval()
    cascade = cv2.CascadeClassifier(CASCADES)
    with open(table, "w", newline="") as file:
        out = csv.writer(file)
        for name in sorted(os.listdir(folder)):
            grey = cv2.cvtColor(cv2.imread(os.path.join(folder, name)), cv2.COLOR_BGR2GRAY)
            faces, _, scores = cascade.detectMultiScale3(grey, 1.1, 5, minSize=(30, 30), outputRejectLevels=True)
            for number, ((x, y, width, height), score) in enumerate(zip(faces, scores), 1):
                face = cv2.resize(grey[y : y + height, x : x + width], (side, side), interpolation=cv2.INTER_AREA)
                seen = torch.from_numpy(face.astype(numpy.float32) / 255)[None, None]
                said = network(seen).softmax(1)
                if training.get("flip-at-prediction"):
                    said = (said + network(seen.flip(3)).softmax(1)) / 2
                out.writerow([name, number, x, y, width, height, float(score), int(said.argmax()), *said[0].tolist()])


def cascades(example, paths, rounds, threads):
    """Milliseconds that finding faces takes in a picture, by ferrofuse and by OpenCV, and how many boxes are the same."""
    import cv2

    cv2.setNumThreads(threads)
    cascade = cv2.CascadeClassifier(CASCADES)
    # OpenCV greys as PNG and JPEG readers do for it; files that are grey already are the same pixels for both.
    pictures = [cv2.imread(path, cv2.IMREAD_GRAYSCALE) for path in paths]
    ours, theirs = math.inf, math.inf
    for _ in range(rounds):
        said = subprocess.run(
            [example, "1", *paths], check=True, capture_output=True, env={**os.environ, "RAYON_NUM_THREADS": str(threads)})
        said = json.loads(said.stdout)
        ours = min(ours, said["milliseconds"])
        start = time.perf_counter()
        boxes = [cascade.detectMultiScale3(p, 1.1, 5, minSize=(30, 30), outputRejectLevels=True)[0] for p in pictures]
        theirs = min(theirs, 1e3 * (time.perf_counter() - start) / len(paths))
    mine = [{(b["x"], b["y"], b["width"], b["height"]) for b in boxes} for boxes in said["boxes"]]
    same = sum(len(a & {tuple(map(int, box)) for box in b}) for a, b in zip(mine, boxes))
    return ours, theirs, same, sum(map(len, mine)), sum(map(len, boxes))


def film(path, picture, frames, size=(640, 480)):
    """A video in which one face of a picture moves about."""
    import cv2
    import numpy

    cascade = cv2.CascadeClassifier(CASCADES)
    x, y, width, height = cascade.detectMultiScale(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), 1.1, 5)[0]
    face = cv2.resize(picture[y : y + height, x : x + width], (200, 200))
    video = cv2.VideoWriter(path, cv2.VideoWriter_fourcc(*"mp4v"), 25, size)
    for i in range(frames):
        frame = numpy.full((size[1], size[0], 3), 90, numpy.uint8)
        left, top = int(200 + 120 * numpy.sin(i / 20)), int(130 + 60 * numpy.cos(i / 33))
        frame[top : top + 200, left : left + 200] = face
        video.write(frame)
    video.release()


def rows_of(path):
    with open(path, newline="") as file:
        return sum(1 for row in csv.reader(file) if row and row[0] != "source" and row[1] != "0")


def best_of(rounds, commands):
    """The shortest wall-clock seconds of each command, which take turns."""
    best = {}
    for _ in range(rounds):
        for name, (command, output) in commands.items():
            with open(output or os.devnull, "w") as file:
                start = time.perf_counter()
                subprocess.run(command, check=True, stdout=file, stderr=subprocess.DEVNULL, cwd=ROOT)
                took = time.perf_counter() - start
            best[name] = min(took, best.get(name, took))
    return best


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binaries", help="the folder of the ferrofuse binary, with examples/ in it")
    parser.add_argument("--model", default="cnn-long", help="a network in models/pretrained")
    parser.add_argument("--pictures", type=int, default=60)
    parser.add_argument("--frames", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    import cv2

    binary = os.path.join(os.path.abspath(args.binaries), "ferrofuse")
    draw = os.path.join(os.path.abspath(args.binaries), "examples", "draw_group")
    recipe = os.path.join(ROOT, "models", f"{args.model}.toml")
    with tempfile.TemporaryDirectory() as work:
        folder = os.path.join(work, "pictures")
        os.mkdir(folder)
        for i in range(args.pictures):
            drawn = os.path.join(work, "drawn.png")
            subprocess.run([draw, drawn, str(i + 1)], check=True)
            cv2.imwrite(os.path.join(folder, f"{i:03}.jpg"), cv2.imread(drawn))
        tables = {name: os.path.join(work, f"{name}.csv") for name in ["ferrofuse", "loop"]}
        predict = [binary, "predict", folder, "--model", args.model, "--format", "csv"]
        best = best_of(args.rounds, {
            "ferrofuse": (predict, tables["ferrofuse"]),
            "loop": ([sys.executable, __file__, "--loop", folder, recipe, tables["loop"]], None),
        })
        faces = {name: rows_of(table) for name, table in tables.items()}
        print(f"a folder of {args.pictures} pictures, 1080 x 560 pixels, {args.model}")
        for name, title in [("ferrofuse", "ferrofuse predict"), ("loop", "cv2 and PyTorch in a loop")]:
            rate, ours = faces[name] / best[name], faces["ferrofuse"] / best["ferrofuse"]
            print(f"  {title:<26} {faces[name]} faces in {best[name]:5.2f} s  {rate:6.1f} faces/s ({ours / rate:4.2f})")

        grey = os.path.join(work, "grey")
        os.mkdir(grey)
        for name in sorted(os.listdir(folder)):
            picture = cv2.imread(os.path.join(folder, name), cv2.IMREAD_GRAYSCALE)
            cv2.imwrite(os.path.join(grey, f"{name}.png"), picture)
        paths = [os.path.join(grey, name) for name in sorted(os.listdir(grey))]
        example = os.path.join(os.path.abspath(args.binaries), "examples", "bench_faces")
        print("the cascade by itself, milliseconds a picture")
        for threads in [1, os.cpu_count()]:
            ours, theirs, same, mine, boxes = cascades(example, paths, args.rounds, threads)
            print(f"  {threads} threads  ferrofuse {ours:6.1f}  cv2 {theirs:6.1f} ({theirs / ours:4.2f})"
                  f"  boxes {mine} and {boxes}, {same} the same")

        video = os.path.join(work, "film.mp4")
        film(video, cv2.imread(os.path.join(folder, "000.jpg")), args.frames)
        best = best_of(args.rounds, {
            "expressions alone": ([binary, "predict", video, "--model", args.model], None),
            "boxes drawn, video written": (
                [binary, "predict", video, "--model", args.model, "--output", os.path.join(work, "seen")], None),
        })
        print(f"a video of {args.frames} frames, 640 x 480 pixels, one face, {args.model}")
        for name, took in best.items():
            print(f"  {name:<26} {took:5.2f} s  {args.frames / took:6.1f} frames/s")
        print(json.dumps({"faces": faces, "frames": args.frames}))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--loop"]:
        loop(*sys.argv[2:])
    else:
        main()
