"""Golden values of src/features/whole_picture: HOG and uniform LBP by scikit-image.

    pip install numpy scikit-image
    python scripts/golden/whole_picture.py > src/features/whole_picture/golden.json

The Rust test draws the same picture. scikit-image 0.25 or newer.
"""

import json

import numpy as np
from skimage.feature import hog, local_binary_pattern

HEIGHT, WIDTH = 27, 34


def picture():
    state, image = 777, np.zeros((HEIGHT, WIDTH), np.uint8)
    for y in range(HEIGHT):
        for x in range(WIDTH):
            state = (1103515245 * state + 12345) % 2**31
            wave = (y * y + 3 * x) % 90 + (5 * x + 2 * y) % 61
            image[y, x] = 70 if y < 9 and x < 9 else wave + (state >> 7) % 23
    return image


def uniform_histograms(image, cell, radius):
    """Shares of the patterns in each cell, over pixels whose whole circle lies in the picture."""
    changes = [bin(p ^ ((p << 1 | p >> 7) & 255)).count("1") for p in range(256)]
    uniform = [p for p in range(256) if changes[p] <= 2]
    bins = np.array([uniform.index(p) if p in uniform else 58 for p in range(256)])
    codes = bins[local_binary_pattern(image, 8, radius, "default").astype(int)]
    margin = int(np.ceil(radius))
    inside = np.zeros(image.shape, bool)
    inside[margin:-margin, margin:-margin] = True
    out = []
    for y in range(HEIGHT // cell):
        for x in range(WIDTH // cell):
            part = np.s_[y * cell : (y + 1) * cell, x * cell : (x + 1) * cell]
            counts = np.bincount(codes[part][inside[part]], minlength=59)
            out.extend(counts / max(counts.sum(), 1))
    return out


def main():
    image = picture()
    values = {
        "hog": [
            hog(image, orientations, (cell, cell), (block, block), block_norm="L2-Hys").tolist()
            for cell, block, orientations in [(8, 2, 9), (5, 3, 6)]
        ],
        "lbp": [uniform_histograms(image, cell, radius) for cell, radius in [(8, 1.0), (13, 2.5)]],
    }
    print(json.dumps(values, default=float))


main()
