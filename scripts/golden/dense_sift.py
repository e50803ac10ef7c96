#!/usr/bin/env python3
"""Golden values of ferrofuse's own dense SIFT for the tests in src/features/dense_sift/tests.rs.

    python3 -m pip install numpy 'opencv-python-headless<5'
    python3 scripts/golden/dense_sift.py > src/features/dense_sift/golden.json

The definition is that of VLFeat's dsift.c with its flat window, written out in numpy in f64, with the exact arc tangent
and square root where VLFeat approximates them. With Debian's libvlfeat-dev installed, the library is run beside it
and the differences are printed to stderr: its approximations show there. OpenCV's descriptors at the same places
and of the same width are recorded too: they are another definition, so only their correlation is tested.
"""

import ctypes
import ctypes.util
import json
import sys

import cv2
import numpy as np

from sift import picture

BINS, ORIENTATIONS = 4, 8


def smooth(image, sigma):
    if sigma < 0.01:
        return image
    reach = int(np.ceil(4 * sigma))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    kernel /= kernel.sum()
    for axis in (0, 1):
        padded = np.pad(image, [(reach, reach) if a == axis else (0, 0) for a in (0, 1)], mode="edge")
        length = image.shape[axis]
        image = sum(w * np.take(padded, range(k, k + length), axis) for k, w in enumerate(kernel))
    return image


def orientation_maps(image):
    dy, dx = (np.gradient(image, axis=a) for a in (0, 1))
    magnitude = np.hypot(dx, dy)
    angle = np.mod(np.arctan2(dy, dx), 2 * np.pi) * ORIENTATIONS / (2 * np.pi)
    low = np.floor(angle).astype(int)
    share = angle - low
    maps = np.zeros((ORIENTATIONS, *image.shape))
    y, x = np.indices(image.shape)
    np.add.at(maps, (low % ORIENTATIONS, y, x), (1 - share) * magnitude)
    np.add.at(maps, ((low + 1) % ORIENTATIONS, y, x), share * magnitude)
    return maps


def gather(maps, size, window):
    d = np.arange(-size, size + 1)
    if window == "triangular":
        weights = np.clip(1 - np.abs(d) / size, 0, None)
    else:
        weights = np.clip(size / 2 + 0.5 - np.abs(d), 0, 1)
    for axis in (1, 2):
        padded = np.pad(maps, [(size, size) if a == axis else (0, 0) for a in (0, 1, 2)], mode="edge")
        length = maps.shape[axis]
        maps = sum(w * np.take(padded, range(k, k + length), axis) for k, w in enumerate(weights))
    return maps


def bin_mean(size, bin):
    x = np.arange(-size + 1, size)
    delta = size * (bin - 0.5 * (BINS - 1))
    return np.exp(-0.5 * ((x - delta) / (2 * size)) ** 2).mean()


def dense_sift(image, size, starts_y, starts_x, window="triangular", magnification=6.0):
    sigma = np.sqrt(max((size / magnification) ** 2 - 0.25, 0)) if magnification > 0 else 0
    maps = gather(orientation_maps(smooth(image.astype(float), sigma)), size, window)
    descriptors, norms = [], []
    for y in starts_y:
        for x in starts_x:
            d = np.zeros((BINS, BINS, ORIENTATIONS))
            for j in range(BINS):
                for i in range(BINS):
                    d[j, i] = bin_mean(size, j) * bin_mean(size, i) * maps[:, y + j * size, x + i * size]
            d = d.ravel()
            norms.append(d.sum() / 255 / ((BINS - 1) * size + 1) ** 2)
            if np.linalg.norm(d) > 1e-3:
                d = np.minimum(d / np.linalg.norm(d), 0.2)
                d /= np.linalg.norm(d)
            else:
                d[:] = 0
            descriptors.append(d)
    return np.array(descriptors), np.array(norms)


class Filter(ctypes.Structure):
    """The beginning of VlDsiftFilter in vl/dsift.h; its accessors are inline functions."""

    _fields_ = [
        ("size", ctypes.c_int * 2), ("step", ctypes.c_int * 2), ("bounds", ctypes.c_int * 4),
        ("geometry", ctypes.c_int * 5), ("use_flat_window", ctypes.c_int), ("window_size", ctypes.c_double),
        ("frames_count", ctypes.c_int), ("descriptor_size", ctypes.c_int), ("frames", ctypes.c_void_p),
        ("descriptors", ctypes.POINTER(ctypes.c_float)),
    ]


def library():
    """libvlfeat; an OSError without it."""
    return ctypes.CDLL(ctypes.util.find_library("vl") or "libvl.so (Debian package libvlfeat1)")


def vlfeat(image, size, step):
    """Descriptors by libvlfeat on the picture as it is, all that fit, starting at 0."""
    vl = library()
    vl.vl_dsift_new_basic.restype = ctypes.POINTER(Filter)
    h, w = image.shape
    filter = vl.vl_dsift_new_basic(w, h, step, size)
    f = filter.contents
    assert (list(f.size), list(f.step), list(f.geometry)) == ([w, h], [step] * 2, [ORIENTATIONS, BINS, BINS, size, size])
    f.use_flat_window = 1
    data = np.ascontiguousarray(image, np.float32)
    vl.vl_dsift_process(filter, data.ctypes.data_as(ctypes.c_void_p))
    return np.ctypeslib.as_array(f.descriptors, (f.frames_count, f.descriptor_size)).copy()


def main():
    image = picture()
    out = {"cases": []}
    wide = np.concatenate([image, image[::-1, ::-1][:, :21]], axis=1)[:41]
    for name, pixels, size, step, starts_y, starts_x, window, magnification in [
        ("36 points", image, 4, 7, range(0, 36, 7), range(0, 36, 7), "triangular", 6.0),
        ("flat windows", image, 4, 7, range(0, 36, 7), range(0, 36, 7), "flat", 6.0),
        ("as it is", image, 3, 12, range(1, 38, 12), range(1, 38, 12), "triangular", 0.0),
        ("large bins", image, 15, 2, [0, 2], [0, 2], "triangular", 6.0),
        ("wide", wide, 6, 11, [0, 11, 22], range(3, 48, 11), "triangular", 6.0),
    ]:
        descriptors, norms = dense_sift(pixels, size, starts_y, starts_x, window, magnification)
        case = {
            "name": name, "height": pixels.shape[0], "width": pixels.shape[1], "pixels": pixels.ravel().tolist(),
            "bins": size, "step": step, "window": window, "magnification": magnification,
            "norms": [float(f"{v:.7g}") for v in norms],
            "descriptors": [[float(f"{v:.6f}") for v in d] for d in descriptors],
        }
        out["cases"].append(case)
    # OpenCV: a bin is 1.5 keypoint sizes wide, and the centre lies 1.5 bins from the first bin's centre.
    sift, size = cv2.SIFT_create(), 4
    keypoints = [cv2.KeyPoint(x + 1.5 * size, y + 1.5 * size, size / 1.5) for y in range(0, 36, 7) for x in range(0, 36, 7)]
    given, descriptors = sift.compute(image, keypoints)
    assert len(given) == 36
    out["cv2"] = {"version": cv2.__version__, "descriptors": descriptors.astype(int).tolist()}
    try:
        theirs = vlfeat(image, 4, 7)
    except OSError as error:
        print(f"no comparison with VLFeat: {error}", file=sys.stderr)
    else:
        ours, _ = dense_sift(image, 4, range(0, 36, 7), range(0, 36, 7), magnification=0.0)
        print(f"libvlfeat: at most {np.abs(ours - theirs).max():.5f} apart, {np.abs(ours - theirs).mean():.6f} on average", file=sys.stderr)
    json.dump(out, sys.stdout)
    print()


if __name__ == "__main__":
    main()
