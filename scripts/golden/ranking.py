"""Golden values for the tests of src/evaluation/ranking, from scikit-learn.

    pip install numpy scikit-learn
    python scripts/golden/ranking.py

Made with numpy 2.4.6, scikit-learn 1.9.1.
"""

import numpy as np
from sklearn import metrics

from example import CLASSES, LABELS, ROWS, example, show

for salt in (0, 1):
    print(f"-- example({salt})")
    p = example(salt)
    defined = [c for c in range(CLASSES) if (LABELS == c).any()]
    areas = [metrics.roc_auc_score(LABELS == c, p[:, c]) for c in defined]
    precisions = [metrics.average_precision_score(LABELS == c, p[:, c]) for c in defined]
    for c, area, precision in zip(defined, areas, precisions):
        print(f"class {c}: area {float(area)!r}, average precision {float(precision)!r}")
    show("macro area", np.mean(areas))
    show("macro average precision", np.mean(precisions))
    show("macro prevalence", np.mean([(LABELS == c).mean() for c in defined]))

print("-- ties: the score of row i is i * 7 modulo 5, the class is 3")
score, of_class = np.arange(ROWS) * 7 % 5, LABELS == 3
show("area", metrics.roc_auc_score(of_class, score))
show("average precision", metrics.average_precision_score(of_class, score))
false, true, _ = metrics.roc_curve(of_class, score, drop_intermediate=False)
show("false positive rates", false)
show("true positive rates", true)
precision, recall, _ = metrics.precision_recall_curve(of_class, score)
show("recalls", recall[::-1])
show("precisions", precision[::-1])
