"""What every single tree does, whatever it predicts."""

from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_matrix
from sklearn.base import BaseEstimator
from sklearn.utils import Bunch, metadata_routing
from sklearn.utils.validation import check_is_fitted

from treering._core.ensemble import Forest, ForestParams
from treering._core.explain import TreeModel
from treering._core.tree import Tree
from treering._jobs import threads
from treering._model_file import ModelFileMixin, expect, is_whole
from treering._sklearn import StrOptions
from treering._validation import read_rows
from treering.tree._categories import check_categories
from treering.tree._category_order import order_categories
from treering.tree._training import (
    TREE_CONSTRAINTS,
    TrainingMixin,
    count_features,
    draw_seed,
    tree_params,
    validate_rows,
    validate_training,
)

# A switch of the class, not data that a meta-estimator would hand on.
NOT_ROUTED = {"check_input": metadata_routing.UNUSED}  # type: ignore[attr-defined]


class BaseTree(TrainingMixin, ModelFileMixin, BaseEstimator):
    """Parameters, nodes and paths of one tree."""

    criterion: str
    splitter: str
    max_features: float | str | None
    random_state: int | np.random.RandomState | None
    n_features_in_: int
    n_outputs_: int
    tree_: Tree
    _parameter_constraints: dict[str, list[Any]] = {  # noqa: RUF012 (scikit-learn's protocol)
        **TREE_CONSTRAINTS,
        "splitter": [StrOptions({"best", "random"})],
    }

    _kept_attributes: ClassVar = ("max_features_", "_categories")
    _rebuilt_attributes: ClassVar = ("tree_", "_positions")

    __metadata_request__fit: ClassVar = NOT_ROUTED
    __metadata_request__predict: ClassVar = NOT_ROUTED

    def _validate_training(
        self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None
    ) -> tuple[NDArray[Any], NDArray[Any], NDArray[np.float64] | None]:
        return validate_training(self, X, y, sample_weight)

    def _grow(
        self,
        X: NDArray[Any],
        labels: NDArray[Any],
        class_counts: list[int] | None,
        weights: NDArray[np.float64] | None,
    ) -> None:
        order_categories(self, X, labels, class_counts, weights)
        params = tree_params(self, *X.shape, splitter=self.splitter)
        seed = draw_seed(self.random_state)
        grown = read_rows(
            self, Tree.grow, X, labels, class_counts, weights, params, seed, None, threads(None)
        )
        self._keep(grown)

    def _keep(self, tree: Tree) -> None:
        self.tree_ = tree
        self.max_features_ = count_features(self.max_features, tree.n_features)

    def _trees_to_explain(self) -> TreeModel:
        return TreeModel.of_tree(self.tree_)

    def _rows_to_explain(self, X: Any) -> Any:
        """Return rows as the tree compares them."""
        return validate_rows(self, X)

    def _file_predictor(self) -> Tree:
        return self.tree_

    def _check_restored(self, predictor: Any) -> None:
        expect("tree", isinstance(predictor, Tree))
        expect("number of columns", predictor.n_features == self.n_features_in_)
        expect("max_features_", is_whole(vars(self).get("max_features_")))
        check_categories(self)
        self.tree_ = predictor

    def _plan_fold(
        self, shape: tuple[int, int], _weights: NDArray[np.float64] | None
    ) -> tuple[ForestParams, int]:
        """Parameters and seed of a fit as a forest of one tree."""
        params = ForestParams(
            n_estimators=1,
            tree=tree_params(self, *shape, splitter=self.splitter),
            bootstrap_draws=None,
            balanced_subsample=False,
        )
        return params, draw_seed(self.random_state)

    def _adopt(self, forest: Forest, _sampling: Any) -> None:
        """Become the estimator that a fit gives, of which columns and labels are known."""
        self._keep(forest.tree(0))

    def _answers(self, X: ArrayLike, *, check_input: bool) -> NDArray[np.float64]:
        """Return the values of the leaf that each row reaches."""
        check_is_fitted(self)
        rows = validate_rows(self, X, check_input=check_input)
        answers: NDArray[np.float64] = read_rows(
            self, self.tree_.predict, rows, threads(None, rows.shape[0])
        )
        return answers.reshape(len(answers), -1)

    @property
    def feature_importances_(self) -> NDArray[np.float64]:
        """How much each column lowered the impurity, adding up to one."""
        check_is_fitted(self)
        importances: NDArray[np.float64] = self.tree_.compute_feature_importances()
        return importances

    def apply(self, X: ArrayLike, check_input: bool = True) -> NDArray[np.int64]:
        """Return the number of the leaf that each row reaches.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.
        check_input : bool, default=True
            False skips scikit-learn's checks of X, which is then an array of float32 or float64.

        Returns
        -------
        ndarray of shape (n_samples,)
            Numbers of nodes.
        """
        check_is_fitted(self)
        rows = validate_rows(self, X, check_input=check_input)
        leaves: NDArray[np.int64] = read_rows(
            self, self.tree_.apply, rows, threads(None, rows.shape[0])
        )
        return leaves

    def decision_path(self, X: ArrayLike, check_input: bool = True) -> csr_matrix:
        """Return which nodes each row passes.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.
        check_input : bool, default=True
            False skips scikit-learn's checks of X, which is then an array of float32 or float64.

        Returns
        -------
        csr_matrix of shape (n_samples, n_nodes)
            One where a row passes a node.
        """
        check_is_fitted(self)
        rows = validate_rows(self, X, check_input=check_input)
        paths: csr_matrix = read_rows(
            self, self.tree_.decision_path, rows, threads(None, rows.shape[0])
        )
        return paths

    def get_depth(self) -> int:
        """Return the largest distance from the root to a leaf.

        Returns
        -------
        int
            The depth; 0 for a tree of one node.
        """
        check_is_fitted(self)
        return self.tree_.max_depth

    def get_n_leaves(self) -> int:
        """Return the number of leaves.

        Returns
        -------
        int
            The number of leaves.
        """
        check_is_fitted(self)
        return self.tree_.n_leaves

    def cost_complexity_pruning_path(
        self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> Bunch:
        """Return the values of `ccp_alpha` at which the tree of this data shrinks.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Their classes or numbers.
        sample_weight : array-like of shape (n_samples,), default=None
            Their weights.

        Returns
        -------
        Bunch
            ``ccp_alphas``, ascending, and ``impurities``, the summed impurity of the leaves of
            the tree pruned at each.
        """
        params = {**self.get_params(), "ccp_alpha": 0.0}
        whole: Any = type(self)(**params)
        whole.fit(X, y, sample_weight=sample_weight)
        alphas, impurities = whole.tree_.pruning_path()
        return Bunch(ccp_alphas=alphas, impurities=impurities)
