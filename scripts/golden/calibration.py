"""Golden values for the tests of src/evaluation/calibration, from numpy, scikit-learn and SciPy.

    pip install numpy scikit-learn scipy
    python scripts/golden/calibration.py

Made with numpy 2.4.6, scikit-learn 1.9.1, SciPy 1.17.1.
"""

import warnings

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax
from sklearn import metrics

from example import CLASSES, LABELS, ROWS, example, show

# Rows of f32 do not sum to 1 within the bits of f64.
warnings.filterwarnings("ignore")
BINS, FLOOR = 15, 1e-12
EVERY = list(range(CLASSES))


def reliability(name, p):
    print(f"-- {name}")
    confidence = p.max(axis=1).astype(np.float64)
    right = p.argmax(axis=1) == LABELS
    place = np.digitize(confidence, np.linspace(0, 1, BINS + 1)[1:-1])
    for b in np.unique(place):
        inside = place == b
        rows, correct = int(inside.sum()), int(right[inside].sum())
        print(f"bin {b}: {rows} rows, {correct} right, confidence {float(confidence[inside].mean())!r}")
    gaps = np.array([abs(right[place == b].mean() - confidence[place == b].mean()) for b in np.unique(place)])
    weights = np.array([(place == b).mean() for b in np.unique(place)])
    show("confidence", confidence.mean())
    show("overconfidence", confidence.mean() - right.mean())
    show("expected calibration error", (weights * gaps).sum())
    show("maximum calibration error", gaps.max())
    p = p.astype(np.float64)
    show("Brier score", metrics.brier_score_loss(LABELS, p, labels=EVERY, scale_by_half=False))
    clipped = np.clip(p[np.arange(ROWS), LABELS], np.finfo(np.float32).eps, 1 - np.finfo(np.float32).eps)
    show("log loss", -np.log(clipped).mean())


def scaled(p, temperature):
    """Logarithms of p^(1/T), normalised."""
    return log_softmax(np.log(np.maximum(p.astype(np.float64), FLOOR)) / temperature, axis=1)


def fitted(p):
    loss = lambda temperature: -scaled(p, temperature)[np.arange(ROWS), LABELS].mean()
    return minimize_scalar(loss, bounds=(0.01, 100), method="bounded", options={"xatol": 1e-13}).x


for salt in (0, 1):
    p = example(salt)
    reliability(f"example({salt})", p)
    temperature = fitted(p)
    show("temperature", temperature)
    reliability(f"example({salt}) with it", np.exp(scaled(p, temperature)).astype(np.float32))

print("-- example(0) with the true class's probability in row 0 given to class 2")
p = example(0)
p[0, 2], p[0, LABELS[0]] = p[0, LABELS[0]], 0
show("temperature", fitted(p))
