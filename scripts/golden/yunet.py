#!/usr/bin/env python3
"""Writes two small ONNX files in the form of YuNet's, whose answer is known, for the tests of the detector.

    python3 -m pip install onnx numpy "opencv-python-headless<5"       # once with ==4.6.0.66 as well
    python3 scripts/golden/yunet.py src/faces/golden

YuNet's own weights are in no package registry. These networks see the mean colour of a picture of 64 x 64 pixels and say that
there is a face of 32 x 32 pixels at (8, 24), as surely as the picture is blue: the score is the square root of the mean of blue
over 255. `yunet-2022.onnx` has the outputs that OpenCV 4.5.4 to 4.6 read, `yunet-2023.onnx` those of later versions. The one
that the installed OpenCV reads is tried.
"""

import math
import os
import sys

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

SIDE = 64


def network(path, outputs, opset):
    """A network of one output for each (name, shape, constant values, values that are multiplied by the mean of blue)."""
    nodes = [helper.make_node("GlobalAveragePool", ["input"], ["mean"])]
    tensors, results = [], []
    for name, shape, constant, of_blue in outputs:
        weight = numpy.zeros((constant.size, 3, 1, 1), numpy.float32)
        weight[:, 0, 0, 0] = of_blue.ravel()
        for suffix, values in [
            ("weight", weight),
            ("bias", constant.astype(numpy.float32).ravel()),
            ("shape", numpy.array(shape, numpy.int64)),
        ]:
            tensors.append(numpy_helper.from_array(values, f"{name}.{suffix}"))
        nodes.append(helper.make_node("Conv", ["mean", f"{name}.weight", f"{name}.bias"], [f"{name}.flat"], kernel_shape=[1, 1]))
        nodes.append(helper.make_node("Reshape", [f"{name}.flat", f"{name}.shape"], [name]))
        results.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
    given = [helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 3, SIDE, SIDE])]
    graph = helper.make_graph(nodes, "known", given, results, tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])
    model.ir_version = 6
    onnx.checker.check_model(model)
    onnx.save(model, path)


def of_2022(path):
    # Boxes that are refined, in their order: cells of 8, 16, 32 and 64 pixels, several sides in each.
    priors = []
    for step, sides in [(8, [10, 16, 24]), (16, [32, 48]), (32, [64, 96]), (64, [128, 192, 256])]:
        for row in range(SIDE // step):
            for column in range(SIDE // step):
                priors += [(step, row, column, side) for side in sides]
    which, n = priors.index((16, 2, 1, 32)), len(priors)
    sure = numpy.zeros((n, 2))
    sure[which, 1] = 1 / 255
    none = numpy.zeros
    network(path, [
        ("loc", [n, 14], none((n, 14)), none((n, 14))),
        ("conf", [n, 2], none((n, 2)), sure),
        ("iou", [n, 1], numpy.ones((n, 1)), none((n, 1))),
    ], 11)


def of_2023(path):
    outputs = []
    for name, columns in [("cls", 1), ("obj", 1), ("bbox", 4), ("kps", 10)]:
        for step in [8, 16, 32]:
            cells = (SIDE // step) ** 2
            constant, of_blue = numpy.zeros((cells, columns)), numpy.zeros((cells, columns))
            which = 2 * (SIDE // step) + 1
            if step == 16 and name == "cls":
                of_blue[which] = 1 / 255
            if step == 16 and name == "obj":
                constant[which] = 1
            if step == 16 and name == "bbox":
                constant[which] = [0.5, 0.5, math.log(2), math.log(2)]
            outputs.append((f"{name}_{step}", [1, cells, columns], constant, of_blue))
    network(path, outputs, 11)


def main():
    folder = sys.argv[1]
    paths = [os.path.join(folder, f"yunet-{year}.onnx") for year in [2022, 2023]]
    of_2022(paths[0])
    of_2023(paths[1])
    import cv2

    version = tuple(int(n) for n in cv2.__version__.split(".")[:2])
    detector = cv2.FaceDetectorYN.create(paths[version >= (4, 7)], "", (SIDE, SIDE), 0.5)
    picture = numpy.zeros((SIDE, SIDE, 3), numpy.uint8)
    picture[:, :, 0] = 200
    _, faces = detector.detect(picture)
    print(cv2.__version__, [[round(float(v), 3) for v in [*face[:4], face[14]]] for face in faces])


if __name__ == "__main__":
    main()
