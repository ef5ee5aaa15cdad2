"""scikit-learn: `n_jobs` of a grid search, of cross-validation and of a forest, over the ranks."""

import numpy as np
from joblib import parallel_config
from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.tree import DecisionTreeClassifier

X, Y = make_classification(n_samples=600, n_features=12, n_informative=5, random_state=1)


def study(n_jobs):
    """Scores of the search, of the cross-validation, and what the forest predicts."""
    grid = {"max_depth": [2, 4, 6], "criterion": ["gini", "entropy"]}
    search = GridSearchCV(DecisionTreeClassifier(random_state=1), grid, cv=3, n_jobs=n_jobs).fit(X, Y)
    scores = cross_val_score(DecisionTreeClassifier(random_state=2), X, Y, cv=6, n_jobs=n_jobs)
    forest = RandomForestClassifier(24, random_state=3, n_jobs=n_jobs).fit(X, Y)
    return search.best_params_, search.cv_results_["mean_test_score"], scores, forest.predict_proba(X)


def same(one, other):
    return all(np.array_equal(a, b) for a, b in zip(one[1:], other[1:], strict=True)) and one[0] == other[0]


if __name__ == "__main__":
    serial = study(1)
    print("best:", serial[0])
    with parallel_config(backend="mpi"):
        print('backend="mpi", as in the serial run:', same(study(-1), serial))
    print("n_jobs=-1 alone, as in the serial run:", same(study(-1), serial))
