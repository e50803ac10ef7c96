#!/usr/bin/env python3
"""Times training and prediction of networks in ferrofuse against PyTorch in Python.

    python3 -m pip install torch==2.11.0 numpy onnx onnxruntime
    cargo build --release --example bench_network
    python3 scripts/bench_network.py target/release/examples/bench_network

Both build the network of the same recipe, with the same batch, threads and optimiser, on pictures of random pixels and
without augmentation, in single and in mixed precision; PyTorch once as it is written in most tutorials and once in
channels-last memory; onnxruntime predicts with the network that PyTorch exported. In turns, each in a process of its own; the best of the rounds counts.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import tomllib

# PREDICTED pictures go through a network together, and SINGLES by themselves; the example beside it has the same numbers.
CLASSES, SINGLES, PREDICTED = 7, 50, 64
# Of pictures; some networks are made for others.
SIDE, SIDES = 48, {"dexpression": 224}


def build(recipe, side):
    import torch
    from torch import nn

    def convolution(inputs, outputs, kernel, stride, padding, bias):
        return nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2 if padding == "same" else 0, bias=bias)

    class Unit(nn.Module):
        def __init__(self, inputs, outputs, stride):
            super().__init__()
            self.first, self.first_norm = convolution(inputs, outputs, 3, stride, "same", False), nn.BatchNorm2d(outputs)
            self.second, self.second_norm = convolution(outputs, outputs, 3, 1, "same", False), nn.BatchNorm2d(outputs)
            self.shortcut = nn.Identity()
            if stride != 1 or inputs != outputs:
                self.shortcut = nn.Sequential(convolution(inputs, outputs, 1, stride, "same", False), nn.BatchNorm2d(outputs))

        def forward(self, x):
            inside = self.second_norm(self.second(self.first_norm(self.first(x)).relu_()))
            return (inside + self.shortcut(x)).relu_()

    class FeatEx(nn.Module):
        def __init__(self, inputs, narrow, wide, pooled):
            super().__init__()
            self.narrow, self.wide = nn.Conv2d(inputs, narrow, 1), nn.Conv2d(narrow, wide, 3, padding=1)
            self.pool, self.pooled = nn.MaxPool2d(3, 1, padding=1), nn.Conv2d(inputs, pooled, 1)

        def forward(self, x):
            inside = self.wide(self.narrow(x).relu_()).relu_()
            return torch.cat([inside, self.pooled(self.pool(x)).relu_()], 1)

    channels = 3 if recipe.get("input", {}).get("three-channels") else 1
    example = torch.zeros(2, channels, side, side)
    layers = []
    for block in recipe["block"]:
        stride = block.get("stride", 1)
        if block.get("kind") == "feat-ex":
            layers.append(FeatEx(channels, *block["filters"]))
            channels = sum(block["filters"][1:])
            block = dict(block, filters=[])
        for i, outputs in enumerate(block["filters"]):
            step = stride if i == 0 else 1
            if block.get("kind") == "residual":
                layers.append(Unit(channels, outputs, step))
            else:
                bias = block.get("bias", True)
                kernel = block.get("kernel", 3)
                if kernel % 2 == 0 and block["padding"][i] == "same":
                    # One more row and column behind than before.
                    layers.append(nn.ZeroPad2d(((kernel - 1) // 2, kernel // 2, (kernel - 1) // 2, kernel // 2)))
                    layers.append(convolution(channels, outputs, kernel, step, "valid", bias))
                else:
                    layers.append(convolution(channels, outputs, kernel, step, block["padding"][i], bias))
                if block.get("batch-norm") == "each":
                    layers.append(nn.BatchNorm2d(outputs))
                layers.append(nn.ReLU(inplace=True))
            channels = outputs
        if block.get("global-average"):
            layers.append(nn.AdaptiveAvgPool2d(1))
        elif block.get("pool", 2) > 1:
            window = block.get("pool", 2)
            over_edge = block.get("pool-over-edge", False)
            layers.append(nn.MaxPool2d(window, block.get("pool-stride", window), ceil_mode=over_edge))
        if block.get("batch-norm") == "after-pool":
            layers.append(nn.BatchNorm2d(channels))
        if block.get("layer-norm"):
            with torch.inference_mode():
                shape = nn.Sequential(*layers).eval()(example).shape[1:]
            layers.append(nn.LayerNorm(shape))
        layers.append(nn.Dropout(block.get("dropout", 0.0)))
        if block.get("batch-norm") == "after-dropout":
            layers.append(nn.BatchNorm2d(channels))
    layers.append(nn.Flatten())
    head = recipe["head"]
    layers.append(nn.Dropout(head.get("input-dropout", 0.0)))
    for units in head["hidden"]:
        layers += [nn.LazyLinear(units), nn.ReLU(inplace=True), nn.Dropout(head.get("dropout", 0.0))]
    layers.append(nn.LazyLinear(CLASSES))
    network = nn.Sequential(*layers)
    network(example)
    return network


def child(path, picture, rows, threads, channels_last):
    import torch
    from torch import nn

    picture, rows, threads = int(picture), int(rows), int(threads)
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    with open(path, "rb") as file:
        recipe = tomllib.load(file)
    training = recipe["training"]
    side = recipe.get("input", {}).get("crop", picture)
    channels = 3 if recipe.get("input", {}).get("three-channels") else 1
    network = build(recipe, side)
    if channels_last == "onnx":
        print(json.dumps(onnx(network.eval(), torch.zeros(1, channels, side, side), picture, rows, threads)))
        return
    if channels_last == "yes":
        network = network.to(memory_format=torch.channels_last)
    rate = training["learning-rate"]
    optimiser = {
        "sgd": lambda p: torch.optim.SGD(p, rate, momentum=0.9, nesterov=training.get("nesterov", True), weight_decay=5e-4),
        "adam": lambda p: torch.optim.Adam(p, rate),
        "adamw": lambda p: torch.optim.AdamW(p, rate, weight_decay=0.01),
    }[training["optimiser"]](network.parameters())
    images = torch.randint(0, 256, (rows, 1, picture, picture), dtype=torch.uint8)
    labels = torch.randint(0, CLASSES, (rows,))
    loss_of = nn.CrossEntropyLoss(label_smoothing=training.get("label-smoothing", 0.0))

    def ready(part):
        x = part[:, :, :side, :side].float().div(255).expand(-1, channels, -1, -1)
        return x.contiguous(memory_format=torch.channels_last) if channels_last == "yes" else x.contiguous()

    best = 0.0
    for _ in range(2):
        start = time.perf_counter()
        network.train()
        order = torch.randperm(rows)
        for first in range(0, rows, training["batch"]):
            index = order[first : first + training["batch"]]
            optimiser.zero_grad()
            with torch.autocast("cpu", torch.bfloat16, enabled=training.get("mixed-precision", False)):
                logits = network(ready(images[index]))
            loss = loss_of(logits.float(), labels[index])
            loss.backward()
            optimiser.step()
            loss.item()
        best = max(best, rows / (time.perf_counter() - start))
    network.eval()
    with torch.inference_mode():

        def predict(part):
            return network(ready(part)).softmax(1)

        print(json.dumps({"training": best, **timed(predict, images)}))


def onnx(network, example, picture, rows, threads):
    """Prediction by onnxruntime; it does not train."""
    import io

    import numpy
    import onnxruntime
    import torch

    file = io.BytesIO()
    torch.onnx.export(torch.nn.Sequential(network, torch.nn.Softmax(1)), (example,), file, dynamo=False,
                      input_names=["x"], dynamic_axes={"x": {0: "n"}})
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(file.getvalue(), options, providers=["CPUExecutionProvider"])
    images = numpy.random.default_rng(1).integers(0, 256, (rows, 1, picture, picture), dtype=numpy.uint8)
    channels, side = example.shape[1], example.shape[2]

    def predict(part):
        x = numpy.repeat(part[:, :, :side, :side].astype(numpy.float32) / 255, channels, axis=1)
        return session.run(None, {"x": x})

    return {"training": None, **timed(predict, images)}


def timed(predict, images):
    """Pictures a second in batches, the second time, and the median milliseconds of a single one."""
    rows = len(images)
    for _ in range(2):
        start = time.perf_counter()
        for first in range(0, rows, PREDICTED):
            predict(images[first : first + PREDICTED])
        everything = rows / (time.perf_counter() - start)
    singles = []
    for i in range(min(SINGLES, rows)):
        start = time.perf_counter()
        predict(images[i : i + 1])
        singles.append(time.perf_counter() - start)
    return {"prediction": everything, "single_ms": 1e3 * sorted(singles)[len(singles) // 2]}


def plain(text, mixed):
    """A recipe without augmentation, averaging of weights and several views at prediction."""
    text = text.split("[augmentation]")[0]
    text = re.sub(r"(?m)^(ten-crops|flip-at-prediction|ema|clip-value|clip-norm|mixed-precision) = .*\n", "", text)
    return text.replace("[training]", "[training]\nmixed-precision = true") if mixed else text


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("--networks", nargs="+", default=["cnn", "compact", "resnet18", "vgg16"])
    parser.add_argument("--rows", type=int, default=1280)
    parser.add_argument("--threads", type=int, nargs="+", default=[2])
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--precision", nargs="+", choices=["single", "mixed"], default=["single", "mixed"],
                        help="of training; mixed is bfloat16 in ferrofuse and autocast to bfloat16 in PyTorch")
    args = parser.parse_args()
    models = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "models")
    with tempfile.TemporaryDirectory() as folder:
        for name, precision in [(name, precision) for name in args.networks for precision in args.precision]:
            with open(os.path.join(models, f"{name}.toml")) as file:
                text = plain(file.read(), precision == "mixed")
            path = os.path.join(folder, f"{name}.toml")
            with open(path, "w") as file:
                file.write(text)
            for threads in args.threads:
                numbers = [str(SIDES.get(name, SIDE)), str(args.rows), str(threads)]
                commands = {
                    "ferrofuse": [args.binary, path, *numbers],
                    "PyTorch": [sys.executable, __file__, "--child", path, *numbers, "no"],
                    "PyTorch, channels-last": [sys.executable, __file__, "--child", path, *numbers, "yes"],
                    "onnxruntime": [sys.executable, __file__, "--child", path, *numbers, "onnx"],
                }
                environment = dict(os.environ, OMP_NUM_THREADS=str(threads))
                found = {name: [] for name in commands}
                for _ in range(args.rounds):
                    for peer, command in commands.items():
                        run = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
                        record = json.loads(run.stdout.strip().splitlines()[-1])
                        if fast := record.pop("bfloat16", None):
                            found.setdefault("ferrofuse in bfloat16", []).append({"training": None, **fast})
                        found[peer].append(record)
                best = {
                    peer: (
                        max((r["training"] for r in runs if r["training"]), default=None),
                        max(r["prediction"] for r in runs),
                        min(r["single_ms"] for r in runs),
                    )
                    for peer, runs in found.items()
                }
                ours = best["ferrofuse"]
                print(f"{name}, {threads} thread(s), {precision} precision: images/s (ferrofuse is so many times as fast)")
                for peer, (training, prediction, single) in best.items():
                    trains = f"training {training:7.1f} ({ours[0] / training:4.2f})" if training else " " * 23
                    print(
                        f"  {peer:<24} {trains}"
                        f"  prediction {prediction:7.1f} ({ours[1] / prediction:4.2f})"
                        f"  one picture {single:6.2f} ms ({single / ours[2]:4.2f})",
                        flush=True,
                    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(*sys.argv[2:])
    else:
        main()
