"""Golden values of src/models/svm: one-vs-rest decision values by libsvm.

    pip install numpy scikit-learn
    python scripts/golden/svm.py > src/models/svm/golden.json

Rows come from a linear congruential generator that the Rust test repeats, so that no array is stored.
libsvm is asked for a tolerance of 1e-7; scikit-learn 1.9.
"""

import json

import numpy as np
from sklearn.svm import SVC

TRAINING, QUERIES, COLUMNS, CLASSES, NEIGHBOURS = 120, 8, 12, 3, 40


def numbers(count, state=12345):
    """`count` numbers from 0 to below 1, with 24 bits each: exact in single precision."""
    out = []
    for _ in range(count):
        state = (1103515245 * state + 12345) % 2**31
        out.append((state >> 7) / 2**24)
    return out


def main():
    rows = np.array(numbers((TRAINING + QUERIES) * COLUMNS)).reshape(-1, COLUMNS).astype(np.float32)
    # A class adds 0.3 to the columns of its own, so that classes overlap but can be learned.
    labels = np.arange(TRAINING + QUERIES) % CLASSES
    for i, label in enumerate(labels):
        rows[i, label::CLASSES] += np.float32(0.3)
    rows = rows.astype(np.float64)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    train, query, y = rows[:TRAINING], rows[TRAINING:], labels[:TRAINING]

    cases = []
    for kernel, gamma, c in [
        ("linear", 1.0, 1.0),
        ("linear", 1.0, 20.0),
        ("rbf", 2.0, 1.0),
        ("rbf", 2.0, 50.0),
        ("chi-squared", 0.5, 5.0),
        ("intersection", 1.0, 2.0),
    ]:
        # Kernels that libsvm does not have are written out.
        own = {
            "chi-squared": lambda a, b: np.exp(-gamma * (((a[:, None] - b) ** 2) / (a[:, None] + b)).sum(2)),
            "intersection": lambda a, b: np.minimum(a[:, None], b).sum(2),
        }.get(kernel, kernel)

        def machines(x, t, q):
            return [
                SVC(kernel=own, gamma=gamma, C=c, tol=1e-7).fit(x, t == k).decision_function(q).tolist()
                for k in range(CLASSES)
            ]

        nearest = np.argsort(-(query @ train.T), axis=1, kind="stable")[:, :NEIGHBOURS]
        local = [[f[0] for f in machines(train[n], y[n], q[None])] for q, n in zip(query, nearest)]
        whole = np.array(machines(train, y, query)).T.tolist()
        cases.append({"kernel": kernel, "gamma": gamma, "c": c, "local": local, "global": whole})
    print(json.dumps(cases, indent=1))


main()
