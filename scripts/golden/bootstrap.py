#!/usr/bin/env python3
"""Prints the golden values of the tests below src/evaluation/bootstrap.

    python3 -m pip install numpy scipy scikit-learn
    python3 scripts/golden/bootstrap.py

Made with numpy 2.4.6, SciPy 1.17.1, scikit-learn 1.9.1. The tables are those of example.py beside this script.

An interval of B resamples is known up to chance only. The share of resamples below the true 2.5 % quantile has the
standard deviation sqrt(0.025 * 0.975 / B); that of its difference between two bootstraps, here of 200,000 resamples and
in the tests of 100,000, is 0.0006. So the test's end of the interval lies, but for one case in 15,000, between the
quantiles of this bootstrap at 2.5 % minus and plus four times that (and likewise at 97.5 %): these two are printed as
the bounds of each end. This holds for any distribution, also for the steps of 1/60 that an accuracy has here.
"""

import warnings

import numpy as np
from scipy.stats import bootstrap
from sklearn import metrics

from example import CLASSES, LABELS, ROWS, example

warnings.filterwarnings("ignore")
RESAMPLES, RESAMPLES_OF_TESTS = 200_000, 100_000
# Clusters of 4 or 5 rows of one class: class 4 has no rows in one resample of nine.
CLUSTERS = np.array([i % 14 for i in range(ROWS)])
PREDICTED = [example(salt).argmax(axis=1) for salt in range(3)]


def by_sklearn(predicted, counts):
    every = list(range(CLASSES))
    return (
        metrics.accuracy_score(LABELS, predicted, sample_weight=counts),
        metrics.balanced_accuracy_score(LABELS, predicted, sample_weight=counts),
        metrics.f1_score(LABELS, predicted, labels=every, average="macro", sample_weight=counts, zero_division=np.nan),
    )


def scores(counts, predicted):
    """The three scores for every row of `counts` (resamples x rows)."""
    of_class = np.eye(CLASSES)
    support, guessed = counts @ of_class[LABELS], counts @ of_class[predicted]
    right = counts @ (of_class[LABELS] * of_class[predicted])
    with np.errstate(invalid="ignore"):
        recall, f1 = right / support, 2 * right / (support + guessed)
    return right.sum(1) / support.sum(1), np.nanmean(recall, axis=1), np.nanmean(f1, axis=1)


def within_classes(rng):
    counts = np.zeros((RESAMPLES, ROWS))
    for label in np.unique(LABELS):
        rows = np.flatnonzero(LABELS == label)
        counts[:, rows] = rng.multinomial(len(rows), np.full(len(rows), 1 / len(rows)), RESAMPLES)
    return counts


def by_cluster(rng):
    number = CLUSTERS.max() + 1
    return rng.multinomial(number, np.full(number, 1 / number), RESAMPLES)[:, CLUSTERS].astype(float)


def ends(values):
    """Bounds of the low and of the high end of the interval."""
    margin = 4 * np.sqrt(0.025 * 0.975 * (1 / RESAMPLES + 1 / RESAMPLES_OF_TESTS))
    return [np.quantile(values, [end - margin, end + margin]).tolist() for end in (0.025, 0.975)]


print("-- quantiles of ((37 i) mod 101) / 97")
for n in (1, 2, 3, 41, 64, 1000):
    values = np.array([(37 * i) % 101 / 97 for i in range(n)])
    print(f"({n}, [{', '.join(repr(float(v)) for v in np.quantile(values, [0.025, 0.975]))}])")

print("-- scores of weighted rows, scikit-learn")
for name, counts in {
    "(7 i^2 + 3 i) mod 4": np.array([(7 * i * i + 3 * i) % 4 for i in range(ROWS)]),
    "11 i mod 23, none of class 4": np.array([0 if LABELS[i] == 4 else 11 * i % 23 for i in range(ROWS)]),
    "1000 (i mod 5)": np.array([1000 * (i % 5) for i in range(ROWS)]),
}.items():
    for salt, predicted in enumerate(PREDICTED):
        found = by_sklearn(predicted, counts)
        assert np.allclose(found, [s[0] for s in scores(counts[None].astype(float), predicted)], rtol=1e-12)
        print(f"{name}, example({salt}): [{', '.join(repr(float(v)) for v in found)}]")

for name, draw in {"within classes": within_classes, "by cluster": by_cluster}.items():
    counts = draw(np.random.default_rng(2024))
    of_models = [scores(counts, predicted) for predicted in PREDICTED]
    missing = np.mean(counts[:, LABELS == 4].sum(1) == 0)
    print(f"-- {name}, bounds of both ends; no rows of class 4 in {missing:.3f} of the resamples")
    for salt, of_model in enumerate(of_models):
        print(f"example({salt}): {[ends(values) for values in of_model]}")
    for salt in (1, 2):
        differences = [values - reference for values, reference in zip(of_models[salt], of_models[0])]
        print(f"example({salt}) - example(0): {[ends(values) for values in differences]}")

# SciPy draws clusters too when they are its observations: a third bootstrap that must agree with the second.
members = [np.flatnonzero(CLUSTERS == k) for k in range(CLUSTERS.max() + 1)]
right = np.array([(PREDICTED[0][rows] == LABELS[rows]).sum() for rows in members])
sizes = np.array([len(rows) for rows in members])
found = bootstrap(
    (right, sizes),
    lambda right, sizes, axis=-1: right.sum(axis) / sizes.sum(axis),
    paired=True,
    method="percentile",
    n_resamples=RESAMPLES,
    batch=10_000,
    rng=np.random.default_rng(7),
).confidence_interval
for end, (low, high) in zip(found, ends(of_models[0][0])):
    assert low <= end <= high, (end, low, high)
