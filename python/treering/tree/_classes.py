"""Classes of one output or of several: from labels to codes, and from shares to labels."""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import ClassifierMixin
from sklearn.utils import Tags

from treering._encoding import encode_labels

Shares: TypeAlias = NDArray[np.float64] | list[NDArray[np.float64]]


class ClassesMixin(ClassifierMixin):
    """Attributes and results of a classifier whose core predicts shares."""

    classes_: Any
    n_classes_: Any
    n_outputs_: int

    def _learn(self, y: NDArray[Any]) -> tuple[NDArray[np.uint32], list[int]]:
        """Keep the classes of y; return a code for each label, and how many classes there are."""
        columns = [y] if y.ndim == 1 else list(y.T)
        encoded = [encode_labels(column) for column in columns]
        self.n_outputs_ = len(columns)
        self._keep_classes([classes for classes, _ in encoded])
        codes = np.column_stack([codes for _, codes in encoded]).astype(np.uint32, copy=False)
        return np.ascontiguousarray(codes), [len(classes) for classes, _ in encoded]

    def _keep_classes(self, classes: list[NDArray[Any]]) -> None:
        is_one = len(classes) == 1
        self.classes_ = classes[0] if is_one else classes
        self.n_classes_ = len(classes[0]) if is_one else [len(each) for each in classes]

    def _split_shares(self, answers: NDArray[np.float64]) -> Shares:
        """Split rows of the core's values into the shares of every output."""
        if self.n_outputs_ == 1:
            return answers
        stride = answers.shape[1] // self.n_outputs_
        return [
            answers[:, output * stride : output * stride + classes]
            for output, classes in enumerate(self.n_classes_)
        ]

    def _most_likely(self, shares: Shares) -> NDArray[Any]:
        """Return the class with the largest share, the first of equals, for every output."""
        if not isinstance(shares, list):
            classes: NDArray[Any] = self.classes_.take(shares.argmax(axis=1), axis=0)
            return classes
        return np.column_stack(
            [
                classes.take(columns.argmax(axis=1), axis=0)
                for classes, columns in zip(self.classes_, shares, strict=True)
            ]
        )

    def predict_log_proba(self: Any, X: ArrayLike) -> Shares:
        """Return the logarithm of :meth:`predict_proba`; minus infinity for a share of zero.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples, n_classes), or list of them
            Logarithms of the shares; of several outputs, an array for each.
        """
        shares = self.predict_proba(X)
        with np.errstate(divide="ignore"):
            if isinstance(shares, list):
                return [np.log(each) for each in shares]
            logarithms: NDArray[np.float64] = np.log(shares)
        return logarithms

    def __sklearn_tags__(self) -> Tags:
        tags: Tags = super().__sklearn_tags__()
        assert tags.classifier_tags is not None  # set by ClassifierMixin
        tags.classifier_tags.multi_label = True
        return tags
