"""Shapley values of models that are made of trees."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np
from scipy.sparse import issparse
from sklearn.pipeline import Pipeline

from treering._frames import backend_of
from treering._jobs import threads
from treering._progress import progress_bar
from treering.explain._explanation import Explanation
from treering.explain._models import read_model
from treering.explain._pipeline import sources_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_STEPS_AT_A_TIME = 2e8
"""How many nodes are looked at between two looks at the progress: some seconds."""

_LEAST_ROWS = 256
"""Rows that are explained at a time at least, so that all threads have some."""

_TOLERANCE = 1e-6


@dataclass(frozen=True)
class _Read:
    """Rows as they are given, as the model behind its steps sees them, and as trees do."""

    given: Any
    seen: Any
    rows: Any


class TreeExplainer:
    """What each column contributes to the answers of trees, forests and boosted trees.

    Contributions are Shapley values [1]_: they add up to the answer less ``expected_value``, the
    same for columns that do the same, and nothing for columns that do nothing. They are computed by
    quadrature [2]_ in double precision, which is exact up to rounding and stays so however deep the
    trees are.

    Parameters
    ----------
    model : estimator
        Fitted: a tree, a forest or boosted trees of treering or scikit-learn, or a
        :class:`~sklearn.pipeline.Pipeline` that ends in one. Contributions behind a pipeline are
        those of the columns that it is given, as long as each column of the model comes from one of
        them; else those of the columns that the model sees.
    data : array-like or table, default=None
        Background rows. With them, columns that are not known are taken from these rows
        ("interventional" values): a contribution is what changes the answer, whatever goes with the
        column. Without, they are averaged by the training rows of each node
        ("path-dependent"). Time grows with the background: a hundred rows usually tell.
    n_jobs : int, default=None
        Threads, as everywhere in treering.

    Attributes
    ----------
    expected_value : float or ndarray of shape (n_outputs,)
        The mean answer, which contributions are added to.
    output_names : tuple of str or None
        What the answers are: classes, or None for one number.
    feature_names : tuple of str
        The columns that contributions are of.

    Raises
    ------
    TypeError
        If there is no way to explain the model.

    Notes
    -----
    Forests are explained in shares of classes or in numbers; boosted trees in what their trees add
    up to, log-odds for classes and logarithms for Poisson and gamma losses. Time grows with the
    rows times the nodes of all trees.

    References
    ----------
    .. [1] S. Lundberg and others, "From local explanations to global understanding with explainable
       AI for trees", Nature Machine Intelligence 2 (2020).
    .. [2] R. Wettenstein, R. Mitchell, P. Yu, "Quadrature-TreeSHAP" (2026).

    Examples
    --------
    >>> import numpy as np
    >>> from treering.ensemble import RandomForestRegressor
    >>> from treering.explain import TreeExplainer
    >>> X = np.random.default_rng(0).random((200, 3))
    >>> forest = RandomForestRegressor(20, random_state=0).fit(X, 10 * X[:, 1])
    >>> explainer = TreeExplainer(forest)
    >>> contributions = explainer.shap_values(X)
    >>> bool(np.allclose(contributions.sum(axis=1) + explainer.expected_value, forest.predict(X)))
    True
    >>> int(explainer(X).importance().argmax())
    1
    """

    def __init__(self, model: Any, data: Any = None, *, n_jobs: int | None = None) -> None:
        self.model = model
        self.data = data
        self.n_jobs = n_jobs
        self._steps, last = _unwrapped(model)
        self._parts = read_model(last)
        self._places, names = self._trace(last)
        self.feature_names = tuple(names)
        self.output_names = self._parts.outputs
        self._backgrounds = None
        cores = self._parts.cores
        self._background_rows = 0
        if data is not None:
            rows = self._read(data).rows
            self._background_rows = rows.shape[0]
            jobs = self._threads(self._background_rows)
            self._backgrounds = [core.background(rows, jobs) for core in cores]
        expected = self._parts.expected([each.expected() for each in self._backgrounds or cores])
        self.expected_value = float(expected[0]) if self.output_names is None else expected

    def __call__(self, X: Any) -> Explanation:
        """Explain rows.

        Parameters
        ----------
        X : array-like or table of shape (n_samples, n_features)
            Rows, as the model takes them.

        Returns
        -------
        Explanation
        """
        read = self._read(X)
        values = self._values(read)
        self._check(values.sum(axis=1), np.abs(values).sum(axis=1), read)
        given = self._shown(read)
        return Explanation(
            values=values if self.output_names is not None else values[..., 0],
            base_values=self.expected_value,
            data=_cells(given),
            feature_names=self._names(given),
            output_names=self.output_names,
            backend=None if issparse(given) else backend_of(given),
        )

    def shap_values(self, X: Any, *, check_additivity: bool = True) -> Floats:
        """Return what each column contributes to each answer.

        Parameters
        ----------
        X : array-like or table of shape (n_samples, n_features)
            Rows, as the model takes them.
        check_additivity : bool, default=True
            Whether to compare the sums with what the model answers.

        Returns
        -------
        ndarray of shape (n_samples, n_features) or (n_samples, n_features, n_outputs)

        Raises
        ------
        ValueError
            If the model refuses the rows, or sums are not its answers: it was changed since.
        """
        read = self._read(X)
        values = self._values(read)
        if check_additivity:
            self._check(values.sum(axis=1), np.abs(values).sum(axis=1), read)
        return values if self.output_names is not None else values[..., 0]

    def shap_interaction_values(self, X: Any) -> Floats:
        """Return what each pair of columns contributes to each answer together.

        Half of an interaction stands at either place of a pair; what a column contributes by itself
        stands on the diagonal, so that rows add up to :meth:`shap_values`.

        Parameters
        ----------
        X : array-like or table of shape (n_samples, n_features)
            Rows, as the model takes them.

        Returns
        -------
        ndarray of shape (n_samples, n_features, n_features[, n_outputs])

        Raises
        ------
        ValueError
            If the model refuses the rows, or the explainer has background rows.
        """
        if self._backgrounds is not None:
            raise ValueError(
                "interactions are path-dependent: make an explainer without data= for them"
            )
        read = self._read(X)
        parts = [
            self._in_parts(core.interaction_values, read.rows, 20 * core.nodes)
            for core in self._parts.cores
        ]
        values = self._gathered(self._parts.joined(parts), axes=(1, 2))
        self._check(values.sum(axis=(1, 2)), np.abs(values).sum(axis=(1, 2)), read)
        return values if self.output_names is not None else values[..., 0]

    def _values(self, read: _Read) -> Floats:
        """Return contributions, the answers along the last axis."""
        parts = []
        for place, core in enumerate(self._parts.cores):
            if self._backgrounds is None:
                parts.append(self._in_parts(core.shapley_values, read.rows, core.nodes))
            else:
                explain = partial(_interventional, core, self._backgrounds[place])
                work = self._background_rows * core.nodes
                parts.append(self._in_parts(explain, read.rows, work))
        return self._gathered(self._parts.joined(parts), axes=(1,))

    def __getstate__(self) -> dict[str, Any]:
        return {"model": self.model, "data": self.data, "n_jobs": self.n_jobs}

    def __setstate__(self, state: dict[str, Any]) -> None:
        TreeExplainer.__init__(self, state["model"], state["data"], n_jobs=state["n_jobs"])

    # ---- columns

    def _trace(self, last: Any) -> tuple[NDArray[np.intp], list[str]]:
        """Return for each column of the trees the one that it is counted for, and their names."""
        width = int(last.n_features_in_)
        first = next((step for step in self._steps if hasattr(step, "n_features_in_")), last)
        count = int(first.n_features_in_)
        sources: list[int] | None = [*range(count)]
        for step in self._steps:
            own = None if sources is None else sources_of(step, len(sources))
            sources = None if own is None or sources is None else [sources[place] for place in own]
        self._is_traced = sources is not None and len(sources) == width
        if sources is None or not self._is_traced:
            # What the model sees is all that can be told.
            return self._parts.columns, _made_names(self._steps, width)
        places = np.asarray(sources, dtype=np.intp)[self._parts.columns]
        return places, _own_names(first, count)

    def _names(self, given: Any) -> tuple[str, ...]:
        """Return the names of columns, those of the rows where the model was fitted without."""
        columns = getattr(given, "columns", None)
        is_named = hasattr(self.model, "feature_names_in_") or not self._is_traced
        if is_named or columns is None or len(columns) != len(self.feature_names):
            return self.feature_names
        return tuple(map(str, columns))

    def _gathered(self, values: Floats, axes: tuple[int, ...]) -> Floats:
        """Add up the values of columns that come from one and the same."""
        count = len(self.feature_names)
        for axis in axes:
            if np.array_equal(self._places, np.arange(count)):
                continue
            gathered = np.zeros((*values.shape[:axis], count, *values.shape[axis + 1 :]))
            for place, column in enumerate(self._places):
                at = (*[slice(None)] * axis, column)
                gathered[at] += values.take(place, axis=axis)
            values = gathered
        return values

    # ---- rows

    def _read(self, X: Any) -> _Read:
        """Return the rows as they are given, as the model sees them, and as the trees do."""
        seen = X
        for step in self._steps:
            seen = step.transform(seen)
        return _Read(X, seen, self._parts.rows(seen))

    def _shown(self, read: _Read) -> Any:
        """Return the rows that contributions are told of, a column for each of theirs."""
        if not self._is_traced:
            return read.seen
        frame = nw.from_native(read.given, pass_through=True, eager_only=True)
        if isinstance(frame, nw.DataFrame) and {*self.feature_names} <= {*frame.columns}:
            # Steps that choose columns by name take them in any order, and others beside them.
            return frame.select(*self.feature_names).to_native()
        return read.given

    def _check(self, sums: Floats, sizes: Floats, read: _Read) -> None:
        """Compare sums of contributions with answers, up to what rounding takes of their sizes."""
        answers = self._parts.answers(read.seen)
        sums = sums + self.expected_value
        allowed = _TOLERANCE * (1 + np.abs(answers) + np.abs(self.expected_value) + sizes)
        apart = ~(np.abs(sums - answers) <= allowed)  # not a number is apart, too
        if apart.any():
            row, output = np.argwhere(apart)[0]
            raise ValueError(
                f"contributions of row {row} add up to {sums[row, output]:.6g}, and the model "
                f"answers {answers[row, output]:.6g}: it was changed after this explainer was "
                "made; make a new one"
            )

    def _threads(self, rows: int) -> int | None:
        return threads(self.n_jobs, rows)

    def _in_parts(self, explain: Callable[..., Floats], rows: Any, nodes: int) -> Floats:
        """Explain rows some at a time, with a bar where it takes long."""
        count = rows.shape[0]
        jobs = self._threads(count)
        if not count:
            return explain(rows, jobs)
        step = max(_LEAST_ROWS, int(_STEPS_AT_A_TIME / max(1, nodes)))
        if step >= count:
            return explain(rows, jobs)
        parts = []
        with progress_bar(count, "explaining", "row") as bar:
            for some in _pieces(rows, step):
                parts.append(explain(some, jobs))
                bar.update(some.shape[0])
        return np.concatenate(parts)


def _pieces(rows: Any, step: int) -> Iterator[Any]:
    for first in range(0, rows.shape[0], step):
        yield rows[first : first + step]


def _own_names(estimator: Any, count: int) -> list[str]:
    names = getattr(estimator, "feature_names_in_", None)
    return [f"x{place}" for place in range(count)] if names is None else [*map(str, names)]


def _unwrapped(model: Any) -> tuple[list[Any], Any]:
    """Return the steps before a model, and the model; those of searches and pipelines."""
    steps: list[Any] = []
    while True:
        if hasattr(model, "best_estimator_"):
            model = model.best_estimator_
        elif isinstance(model, Pipeline):
            before = (step for _, step in model.steps[:-1])
            steps += [step for step in before if step is not None and step != "passthrough"]
            model = model.steps[-1][1]
        else:
            return steps, model


def _interventional(core: Any, background: Any, rows: Any, jobs: int | None) -> Floats:
    values: Floats = core.interventional_values(rows, background, jobs)
    return values


def _made_names(steps: list[Any], width: int) -> list[str]:
    try:
        names = [
            *map(
                str,
                Pipeline(
                    [(str(at), step) for at, step in enumerate(steps)]
                ).get_feature_names_out(),
            )
        ]
    except (AttributeError, TypeError, ValueError):
        names = []
    return names if len(names) == width else [f"x{place}" for place in range(width)]


def _cells(given: Any) -> NDArray[Any]:
    """Return rows as an array: of numbers, or of objects where columns hold other things."""
    if issparse(given):
        return np.asarray(given.toarray())
    frame = nw.from_native(given, pass_through=True, eager_only=True)
    array = frame.to_numpy() if isinstance(frame, nw.DataFrame) else np.asarray(given)
    return np.array(array)  # of its own: whoever changes the table changes no explanation
