#!/usr/bin/env python3
"""Golden values of PCA, mixtures of Gaussians and Fisher vectors for the tests in src/features/golden_encodings.rs.

    python3 -m pip install numpy scikit-learn
    python3 scripts/golden/encodings.py > src/features/golden/encodings.json

PCA and the mixture (expectation maximisation from a given start) are scikit-learn's; the Fisher vector is the formula of
Sanchez et al. (2013, section 2.3) written out with scikit-learn's posteriors, in f64.
"""

import json
import sys
import warnings

import numpy as np
from sklearn.decomposition import PCA
from sklearn.mixture import GaussianMixture


def main():
    rng = np.random.default_rng(5)
    centres = rng.normal(0, 2, (3, 4))
    points = (centres[rng.integers(0, 3, 300)] + rng.normal(0, [0.4, 0.7, 1.0, 0.5], (300, 4))).astype(np.float32)
    start = {"weights": [0.2, 0.3, 0.5], "means": points[[0, 100, 200]].tolist(), "variances": [[1.0] * 4] * 3}
    mixture = GaussianMixture(
        3, covariance_type="diag", tol=0, reg_covar=0, max_iter=7, weights_init=start["weights"],
        means_init=start["means"], precisions_init=1 / np.array(start["variances"]),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        mixture.fit(points)
    few = points[:40].astype(float)
    posteriors = mixture.predict_proba(few)
    w, mu, var = mixture.weights_, mixture.means_, mixture.covariances_
    u, v = [], []
    for k in range(3):
        z = (few - mu[k]) / np.sqrt(var[k])
        u.append((posteriors[:, [k]] * z).sum(0) / (len(few) * np.sqrt(w[k])))
        v.append((posteriors[:, [k]] * (z**2 - 1)).sum(0) / (len(few) * np.sqrt(2 * w[k])))
    pca = PCA(2).fit(points)
    directions = pca.components_ * np.sign(pca.components_[range(2), np.abs(pca.components_).argmax(1)])[:, None]
    whitened = (few - pca.mean_) @ directions.T / np.sqrt(pca.explained_variance_)
    json.dump(
        {
            "points": points.tolist(), "start": start,
            "mixture": {"weights": w.tolist(), "means": mu.tolist(), "variances": var.tolist()},
            "fisher": np.concatenate([*u, *v]).tolist(),
            "projected": ((few - pca.mean_) @ directions.T).tolist(), "whitened": whitened.tolist(),
        },
        sys.stdout,
    )
    print()


if __name__ == "__main__":
    main()
