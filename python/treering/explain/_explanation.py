"""Contributions of columns to answers, as they print and are drawn."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from treering._axis import key_text, label_text
from treering._checks import close_names, quoted, shown, whole_number
from treering._results import Result, number_text, text_table
from treering._text import counted

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from treering.plotting import (
        ContributionBarDisplay,
        ContributionBeeswarmDisplay,
        ContributionDependenceDisplay,
        ContributionWaterfallDisplay,
    )
    from treering.report import Html

    Floats = NDArray[np.float64]

_MOST_PRINTED = 12
_MOST_OUTPUTS = 4
_MOST_IN_HTML = 40


@dataclass(frozen=True, repr=False, eq=False)
class Explanation(Result):
    """What each column contributes to the answers for some rows.

    Attributes
    ----------
    values : ndarray of shape (n_samples, n_features) or (n_samples, n_features, n_outputs)
        The contributions.
    base_values : float or ndarray of shape (n_outputs,)
        What they are added to: the mean answer.
    data : ndarray of shape (n_samples, n_features)
        The rows.
    feature_names : tuple of str
        The columns.
    output_names : tuple of str or None
        What the answers are; None for one number.
    backend : str or None
        The library that the rows came from; None for an array.

    Examples
    --------
    >>> import numpy as np
    >>> from treering.explain import TreeExplainer
    >>> from treering.tree import DecisionTreeRegressor
    >>> X = np.random.default_rng(0).random((100, 2))
    >>> tree = DecisionTreeRegressor(max_depth=2, random_state=0).fit(X, X[:, 1] > 0.5)
    >>> print(TreeExplainer(tree)(X))
    Explanation: 100 rows, 2 columns (base 0.5700)
    column  mean |contribution|
    ------  -------------------
    x1                   0.4902
    x0                   0.0000
    """

    values: Floats
    base_values: Any
    data: NDArray[Any]
    feature_names: tuple[str, ...]
    output_names: tuple[str, ...] | None = None
    backend: str | None = field(default=None, repr=False)

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, rows: Any) -> Explanation:
        """Return the explanation of some rows: a number, a slice, places or truth values."""
        if isinstance(rows, str | tuple):
            raise TypeError(
                f"rows are taken by their places; got {shown(rows)}: one of several answers is "
                "explanation.output('name')"
            )
        if isinstance(rows, int | np.integer):
            place = int(rows)
            if not -len(self) <= place < len(self):
                raise IndexError(f"there are {counted(len(self), 'row')}; got row {place}")
            rows = slice(place, place + 1 or None)
        return Explanation(
            self.values[rows],
            self.base_values,
            self.data[rows],
            self.feature_names,
            self.output_names,
            self.backend,
        )

    def output(self, name: Any) -> Explanation:
        """Return the explanation of one of several answers.

        Parameters
        ----------
        name
            Its name, such as a class, or its place.

        Returns
        -------
        Explanation

        Raises
        ------
        KeyError
            If there is no such answer.
        """
        if self.output_names is None:
            raise KeyError("there is one answer, which has no name")
        text = key_text(name)
        if text in self.output_names:
            place = self.output_names.index(text)
        elif isinstance(name, int | np.integer) and -len(self.output_names) <= name < len(
            self.output_names
        ):
            place = int(name)
        else:
            near = close_names(text, self.output_names)
            raise KeyError(f"there is no answer {quoted(text)}{near}")
        return Explanation(
            self.values[..., place],
            float(self.base_values[place]),
            self.data,
            self.feature_names,
            None,
            self.backend,
        )

    def importance(self) -> Floats:
        """Return the mean size of each column's contributions.

        Returns
        -------
        ndarray of shape (n_features,) or (n_features, n_outputs)
        """
        if not len(self):
            return np.zeros(self.values.shape[1:])
        mean: Floats = np.abs(self.values).mean(axis=0)
        return mean

    def to_dict(self) -> dict[str, Any]:
        """Return what the columns contribute on average as plain Python values.

        Returns
        -------
        dict
        """
        importance = self._by_output(self.importance())
        return {
            "rows": len(self),
            "base_values": np.atleast_1d(self.base_values).tolist(),
            "feature_names": list(self.feature_names),
            "output_names": None if self.output_names is None else list(self.output_names),
            "importance": importance.T.tolist(),
        }

    def to_html(self) -> Html:
        """Return the explanation as a fragment of HTML.

        Returns
        -------
        treering.report.Html
        """
        from treering import report

        headers, cells = self._rows_of_table(_MOST_IN_HTML)
        align = "<" + ">" * (len(headers) - 1)
        return report.Html(
            "\n".join(
                [
                    report.paragraph(self._told()),
                    report.table(headers, cells, align=align, rest="to_frame() holds all"),
                ]
            )
        )

    def plot(self, ax: Any = None, *, most: int = 12) -> Any:
        """Draw the contributions: of many rows as a beeswarm, of one as a waterfall.

        Parameters
        ----------
        ax
            Axes to draw into; None makes a figure.
        most
            How many columns are shown; the others together are one more.

        Returns
        -------
        treering.plotting.ContributionBeeswarmDisplay or ContributionWaterfallDisplay
            Of several answers :class:`~treering.plotting.ContributionBarDisplay`.
        """
        if self.output_names is not None:
            return self.plot_bar(ax, most=most)
        return (
            self.plot_waterfall(ax, most=most)
            if len(self) == 1
            else self.plot_beeswarm(ax, most=most)
        )

    def plot_bar(self, ax: Any = None, *, most: int = 12) -> ContributionBarDisplay:
        """Draw the mean size of each column's contributions.

        Parameters
        ----------
        ax, most
            As for :meth:`plot`.

        Returns
        -------
        treering.plotting.ContributionBarDisplay
        """
        from treering.plotting import ContributionBarDisplay

        display = ContributionBarDisplay(
            self._by_output(self.importance()), self.feature_names, outputs=self.output_names
        )
        return display.plot(ax, most=most)

    def plot_beeswarm(self, ax: Any = None, *, most: int = 12) -> ContributionBeeswarmDisplay:
        """Draw each row's contributions, coloured by the column's value.

        Parameters
        ----------
        ax, most
            As for :meth:`plot`.

        Returns
        -------
        treering.plotting.ContributionBeeswarmDisplay
        """
        from treering.plotting import ContributionBeeswarmDisplay

        display = ContributionBeeswarmDisplay(self._of_one_answer(), self.data, self.feature_names)
        return display.plot(ax, most=most)

    def plot_waterfall(
        self, ax: Any = None, *, row: int = 0, most: int = 12
    ) -> ContributionWaterfallDisplay:
        """Draw how the contributions of one row lead from the mean answer to its own.

        Parameters
        ----------
        ax, most
            As for :meth:`plot`.
        row
            Its place.

        Returns
        -------
        treering.plotting.ContributionWaterfallDisplay
        """
        from treering.plotting import ContributionWaterfallDisplay

        one = self[row]
        display = ContributionWaterfallDisplay(
            one._of_one_answer()[0],
            one.base_values,
            self.feature_names,
            cells=[_cell_text(value) for value in one.data[0]],
        )
        return display.plot(ax, most=most)

    def plot_dependence(
        self, column: str | int, ax: Any = None, *, colour_by: str | int | None = None
    ) -> ContributionDependenceDisplay:
        """Draw a column's contributions over its values.

        Parameters
        ----------
        column
            Its name or place.
        ax
            Axes to draw into; None makes a figure.
        colour_by
            The column whose values colour the points; None for none.

        Returns
        -------
        treering.plotting.ContributionDependenceDisplay
        """
        from treering.plotting import ContributionDependenceDisplay

        place = self._place(column)
        other = None if colour_by is None else self._place(colour_by)
        display = ContributionDependenceDisplay(
            self.data[:, place],
            self._of_one_answer()[:, place],
            self.feature_names[place],
            colour=None if other is None else self.data[:, other],
            colour_name=None if other is None else self.feature_names[other],
        )
        return display.plot(ax)

    def _place(self, column: Any) -> int:
        if isinstance(column, str):
            if column not in self.feature_names:
                near = close_names(column, self.feature_names)
                raise KeyError(f"there is no column {quoted(column)}{near}")
            return self.feature_names.index(column)
        return whole_number("column", column, most=len(self.feature_names) - 1)

    def _of_one_answer(self) -> Floats:
        if self.output_names is not None:
            raise ValueError(
                f"there are {len(self.output_names)} answers; choose one: "
                f"explanation.output({self.output_names[-1]!r})"
            )
        return self.values

    def _by_output(self, means: Floats) -> Floats:
        return means.reshape(len(self.feature_names), -1)

    def _rows_of_table(self, most: int) -> tuple[list[str], list[list[str]]]:
        """Return headers and cells: of one row its values, of many the mean sizes."""
        one = len(self) == 1
        sizes = self._by_output(self.importance())
        numbers = self._by_output(self.values[0]) if one else sizes
        told = "contribution" if one else "mean |contribution|"
        headers = [told]
        if self.output_names is not None:
            headers = [label_text(name, longest=20) for name in self.output_names[:_MOST_OUTPUTS]]
        order = np.argsort(-sizes.sum(axis=1), kind="stable")[:most]
        cells = [
            [
                label_text(self.feature_names[place], longest=32),
                *([_cell_text(self.data[0, place])] if one else []),
                *map(number_text, numbers[place, :_MOST_OUTPUTS].tolist()),
            ]
            for place in order
        ]
        return ["column", *(["value"] if one else []), *headers], cells

    def _told(self) -> str:
        told = f"{counted(len(self), 'row')}, {counted(len(self.feature_names), 'column')}"
        bases = np.atleast_1d(self.base_values)
        if self.output_names is None:
            base = number_text(float(bases[0]))
            if len(self) == 1:
                base += f", answer {number_text(float(bases[0] + self.values[0].sum()))}"
            return f"{told} (base {base})"
        return f"{told}, {counted(len(self.output_names), 'answer')}"

    def _text(self) -> str:
        headers, cells = self._rows_of_table(_MOST_PRINTED)
        lines = [f"Explanation: {self._told()}"]
        if self.output_names is not None:
            lines.append(
                "contribution to each answer"
                if len(self) == 1
                else "mean |contribution| to each answer"
            )
        lines.append(text_table(headers, cells, align="<" + ">" * (len(headers) - 1)))
        left = len(self.feature_names) - len(cells)
        return "\n".join([*lines, *([f"and {counted(left, 'column')} more"] if left > 0 else [])])

    def _columns(self) -> dict[str, Any]:
        if self.output_names is None:
            return {name: self.values[:, place] for place, name in enumerate(self.feature_names)}
        rows, answers = len(self), len(self.output_names)
        flat = np.moveaxis(self.values, 2, 1).reshape(rows * answers, -1)
        labels = {"row": np.repeat(np.arange(rows), answers), "answer": [*self.output_names] * rows}
        columns: dict[str, Any] = {}
        for name, values in labels.items():
            free = name
            while free in self.feature_names:
                free += "_"
            columns[free] = values
        return columns | {name: flat[:, place] for place, name in enumerate(self.feature_names)}


def _cell_text(value: Any) -> str:
    if isinstance(value, float | np.floating):
        return "missing" if np.isnan(value) else number_text(float(value))
    return "missing" if value is None else label_text(value, longest=24)
