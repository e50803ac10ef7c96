"""Golden values for the tests of src/ensemble: greedy selection in plain Python, stacking by scikit-learn.

    pip install numpy scikit-learn
    python scripts/golden/ensembles.py

Made with numpy 2.4.6, scikit-learn 1.9.1.
The tests build the same tables from the same formula (example.py; `example` in src/evaluation/example.rs).
"""

import math
from fractions import Fraction

import numpy as np
from sklearn.linear_model import LogisticRegression

from example import CLASSES, LABELS, ROWS, example

EPSILON = float(np.finfo(np.float32).eps)


def log_loss(rows):
    clipped = [min(max(row[label], EPSILON), 1 - EPSILON) for row, label in zip(rows, LABELS)]
    return -sum(math.log(p) for p in clipped) / len(clipped)


def score(members, times):
    """Rows wrong and log loss of the mean of members that are taken so many times: the less the better."""
    total = sum(times)
    wrong, rows = 0, []
    for i in range(ROWS):
        row = [sum(n * float(m[i, j]) for m, n in zip(members, times)) / total for j in range(CLASSES)]
        wrong += int(np.argmax(np.array(row, dtype=np.float32))) != LABELS[i]
        rows.append(row)
    return wrong, log_loss(rows)


def greedy(members, rounds=50):
    """Caruana et al. 2004: forward selection with replacement; min() takes the first of equals."""
    times, path = [0] * len(members), []
    for _ in range(rounds):
        longer = [[n + (i == k) for i, n in enumerate(times)] for k in range(len(members))]
        times = min(longer, key=lambda t: score(members, t))
        path.append(times)
    best = min(path, key=lambda t: score(members, t))
    return best, score(members, best)


for salts in [(0, 1), (0, 1, 2), (0, 1, 2, 3, 4, 5, 6)]:
    times, (wrong, loss) = greedy([example(s) for s in salts])
    weights = ", ".join(str(Fraction(n, sum(times))) for n in times)
    print(f"greedy over examples {salts}: {weights}; {ROWS - wrong} right, log loss {loss!r}")

logs = np.log(np.clip(np.hstack([example(s).astype(np.float64) for s in (0, 1, 2)]), EPSILON, None))
labels = np.array(LABELS)
held_out = np.arange(ROWS) % 5 == 0


def stacker(rows, c):
    """The objective is |W|^2 / 2 + C times the summed log loss, without a penalty on the intercepts."""
    fitted = LogisticRegression(C=c, solver="newton-cg", tol=1e-12, max_iter=100_000)
    fitted.fit(logs[rows], labels[rows])
    return fitted


for c in (0.0001, 0.01, 1.0, 100.0):
    everything = stacker(np.ones(ROWS, dtype=bool), c)
    found = everything.predict_proba(logs)
    print(f"C = {c}: classes {everything.classes_.tolist()}")
    for i in (0, 31):
        print(f"    row {i}: [{', '.join(repr(float(p)) for p in found[i])}]")
    others = stacker(~held_out, c)
    p = others.predict_proba(logs[held_out])
    of_truth = p[np.arange(len(p)), np.searchsorted(others.classes_, labels[held_out])]
    print(f"    fitted without rows 0, 5, 10, ...: summed log loss of those {float(-np.log(of_truth).sum())!r}")
