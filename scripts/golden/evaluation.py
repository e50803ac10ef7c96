"""Golden values for the tests of src/evaluation and src/ensemble, from scikit-learn, SciPy and statsmodels.

    pip install numpy scikit-learn scipy statsmodels
    python scripts/golden/evaluation.py

Made with numpy 2.4.6, scikit-learn 1.9.1, SciPy 1.17.1, statsmodels 0.15.0.
The tests build the same tables from the same formula (example.py; `example` in src/evaluation/example.rs).
"""

import warnings

import numpy as np
from scipy.stats import binomtest, gmean
from sklearn import metrics
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

from example import CLASSES, LABELS, ROWS, example, show

warnings.filterwarnings("ignore")


def scores_of(name, p):
    predicted = p.argmax(axis=1)
    every = list(range(CLASSES))
    print(f"-- {name}")
    show("accuracy", metrics.accuracy_score(LABELS, predicted))
    show("balanced", metrics.balanced_accuracy_score(LABELS, predicted))
    show("macro f1", metrics.f1_score(LABELS, predicted, labels=every, average="macro", zero_division=np.nan))
    present = sorted(set(LABELS) | set(predicted))
    show("macro f1 of classes present", metrics.f1_score(LABELS, predicted, labels=present, average="macro"))
    precision, recall, f1, support = metrics.precision_recall_fscore_support(
        LABELS, predicted, labels=every, zero_division=np.nan
    )
    show("precision", precision)
    show("recall", recall)
    show("f1", f1)
    show("support", support)
    show("log loss", metrics.log_loss(LABELS, p, labels=every))
    print("confusion", metrics.confusion_matrix(LABELS, predicted, labels=every).tolist())


a, b, c = example(0), example(1), example(2)
scores_of("example(0)", a)
scores_of("mean", np.mean([a, b, c], axis=0))
scores_of("weighted 0.5 0.3 0.2", np.average([a, b, c], axis=0, weights=[0.5, 0.3, 0.2]))
epsilon = np.finfo(np.float32).eps
geometric = gmean(np.clip(np.array([a, b, c], dtype=np.float64), epsilon, None), axis=0)
geometric /= geometric.sum(axis=1, keepdims=True)
scores_of("geometric", geometric.astype(np.float32))
show("geometric, row 0", geometric[0])
votes = np.stack([m.argmax(axis=1) for m in (a, b, c)])
shares = np.stack([(votes == j).mean(axis=0) for j in range(CLASSES)], axis=1)
print("tied rows", [i for i in range(ROWS) if (shares[i] == shares[i].max()).sum() > 1])

print("-- Wilson")
for correct, rows in [(0, 10), (10, 10), (7, 10), (2366, 3589)]:
    show(f"{correct}/{rows}", proportion_confint(correct, rows, alpha=0.05, method="wilson"))

print("-- McNemar")
for only_a, only_b in [(10, 4), (0, 5), (6, 6), (3, 2), (312, 241), (1500, 1200)]:
    p = mcnemar([[0, only_a], [only_b, 0]], exact=True).pvalue
    assert np.isclose(p, binomtest(only_a, only_a + only_b).pvalue, rtol=1e-9)
    show(f"{only_a} against {only_b}", p)
right_a, right_b = a.argmax(axis=1) == LABELS, b.argmax(axis=1) == LABELS
print("example(0) against example(1):", int((right_a & ~right_b).sum()), int((~right_a & right_b).sum()))

print("-- Holm")
for family in [[0.01, 0.04, 0.03, 0.005], [0.5, 0.9, 0.02], [0.2], [0.001, 0.001, 0.04, 0.04, 1.0]]:
    show(str(family), multipletests(family, method="holm")[1])

print("-- pairs")
right = [m.argmax(axis=1) == LABELS for m in (a, b, c)]
found = []
for i, j in [(0, 1), (0, 2), (1, 2)]:
    x, y = right[i], right[j]
    counts = [int(n.sum()) for n in (x & y, x & ~y, ~x & y, ~x & ~y)]
    p = mcnemar([[counts[0], counts[1]], [counts[2], counts[3]]], exact=True).pvalue
    found.append((counts, np.corrcoef(~x, ~y)[0, 1], (x | y).mean(), p))
for (counts, correlation, oracle, _), corrected in zip(found, multipletests([f[3] for f in found], method="holm")[1]):
    print(counts, repr(float(correlation)), repr(float(oracle)), repr(float(corrected)))
print("any right", int((right[0] | right[1] | right[2]).sum()))
