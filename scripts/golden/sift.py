#!/usr/bin/env python3
"""Golden values of SIFT and dense SIFT from cv2 for the tests in src/features/golden.rs.

    python3 -m pip install numpy 'opencv-python-headless<5'    # or Debian's python3-opencv
    python3 scripts/golden/sift.py > src/features/golden/sift.json

The picture is drawn by integer arithmetic alone, so that Rust draws the same one byte for byte.
"""

import json
import sys

import cv2
import numpy as np

SIDE = 48


def picture():
    y, x = np.mgrid[0:SIDE, 0:SIDE].astype(np.int64)
    grey = 60 + 2 * x + y
    # A face of ellipses: (centre x, centre y, half width, half height, grey).
    for cx, cy, a, b, value in [(24, 26, 17, 20, 190), (17, 20, 4, 3, 40), (31, 20, 4, 2, 30), (24, 37, 8, 3, 70), (24, 28, 2, 5, 150)]:
        inside = (x - cx) ** 2 * b * b + (y - cy) ** 2 * a * a <= a * a * b * b
        grey = np.where(inside, value + (x - cx) - (y - cy), grey)
    grey = grey + (x * 7 + y * 13 + x * y) % 11
    return np.clip(grey, 0, 255).astype(np.uint8)


def main():
    image = picture()
    sift = cv2.SIFT_create()
    keypoints, descriptors = sift.detectAndCompute(image, None)
    out = {
        "cv2": cv2.__version__,
        "pixel_sum": int(image.sum()),
        "sift": {
            "keypoints": len(keypoints),
            "descriptor_sum": float(descriptors.sum()),
            "descriptors": sorted(descriptors.astype(int).tolist()),
        },
    }
    for name, first, step, count, size in [("dense_12", 6, 12, 4, 12), ("dense_2_67", 6.5, 7, 6, 2.67)]:
        grid = [cv2.KeyPoint(first + step * j, first + step * i, size) for i in range(count) for j in range(count)]
        given, descriptors = sift.compute(image, grid)
        assert len(given) == count * count
        out[name] = descriptors.astype(int).tolist()
    json.dump(out, sys.stdout)
    print()


if __name__ == "__main__":
    main()
