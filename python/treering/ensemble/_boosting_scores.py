"""Scores of a model that learns, iteration after iteration, and whether they still improve."""

from copy import copy
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from sklearn.base import is_classifier
from sklearn.metrics import check_scoring
from sklearn.utils import resample

from treering._core.boosting import Boosting, BoostingLoss, BoostingTraining, CodedRows

Floats = NDArray[np.float64]

# Scorers are shown so many training rows.
_MOST_SCORED = 10_000


@dataclass(frozen=True)
class Part:
    """Checked rows, their labels before any code is turned back, and their weights."""

    rows: NDArray[Any]
    labels: Floats
    weights: Floats | None

    def taken(self, places: NDArray[np.intp]) -> "Part":
        """Return some of the rows."""
        weights = None if self.weights is None else self.weights[places]
        return Part(self.rows[places], self.labels[places], weights)


def check_weights(validation_fraction: Any, train: Part, held_out: Part) -> None:
    """Refuse rows that all weigh nothing: no loss has a mean over them."""
    for name, part in (("left to learn from", train), ("held out", held_out)):
        if part.weights is not None and not part.weights.any():
            raise ValueError(
                f"validation_fraction={validation_fraction} has all {len(part.labels)} "
                f"rows {name} be of weight 0, by sample_weight or class_weight; drop such rows,"
                " pass rows to X_val, or set early_stopping=False"
            )


class KnownAnswers:
    """A model of the core that has answers for rows, whatever rows it is given."""

    def __init__(self, answers: Floats) -> None:
        self._answers = answers

    def raw(self, _rows: Any, _n_jobs: int | None = None) -> Floats:
        """Return the answers."""
        return self._answers


class Scoreboard:
    """The scores of the training rows, and of those held out if there are any."""

    def __init__(
        self,
        estimator: Any,
        loss: BoostingLoss,
        train: Part,
        held_out: Part | None,
        jobs: int | None,
    ) -> None:
        self._estimator = estimator
        self._loss = loss
        self._jobs = jobs
        self._held_out = held_out
        self._coded: CodedRows | None = None
        self._raw: Floats | None = None
        self._is_loss = isinstance(estimator.scoring, str) and estimator.scoring == "loss"
        self._scorer = None if self._is_loss else check_scoring(estimator, estimator.scoring)
        self._places: NDArray[np.intp] | slice = slice(None)
        self._train = train
        if self._scorer is not None and len(train.labels) > _MOST_SCORED:
            places: NDArray[np.intp] = resample(
                np.arange(len(train.labels)),
                n_samples=_MOST_SCORED,
                replace=False,
                random_state=estimator._random_seed,
                stratify=train.labels if is_classifier(estimator) else None,
            )
            self._places = places
            self._train = train.taken(places)

    def begin(self, model: Boosting) -> None:
        """Have the rows held out answered by a model to begin with."""
        if self._held_out is not None:
            self._coded = model.bins.code(self._held_out.rows, self._jobs)
            self._raw = model.added(self._coded, 0, len(model), self._jobs)

    def follow(self, training: BoostingTraining) -> None:
        """Add what the last iteration answers for the rows held out."""
        if self._raw is not None:
            assert self._coded is not None
            self._raw = training.with_last(self._coded, self._raw, self._jobs)

    def keep(self, training: BoostingTraining) -> None:
        """Keep the scores as they are now."""
        estimator = self._estimator
        # A callable may ask for anything; names of scores ask for answers alone.
        model = training.model() if callable(estimator.scoring) else None
        if self._scorer is None:
            estimator.train_score_.append(-training.mean_loss(self._jobs))
        else:
            raw = training.raw()[self._places]
            estimator.train_score_.append(self._score(self._train, raw, model))
        if self._held_out is None:
            return
        assert self._raw is not None
        if self._scorer is None:
            part = self._held_out
            mean = self._loss.mean(part.labels, self._raw, part.weights, self._jobs)
            estimator.validation_score_.append(-mean)
        else:
            estimator.validation_score_.append(self._score(self._held_out, self._raw, model))

    def _score(self, part: Part, raw: Floats, model: Boosting | None) -> float:
        """Score rows by the model if there is one, or by the answers that it gave."""
        stand_in = copy(self._estimator)
        stand_in._positions = None  # the rows hold numbers in the place of categories
        vars(stand_in).pop("feature_names_in_", None)
        stand_in._boosting = cast("Boosting", KnownAnswers(raw)) if model is None else model
        labels: NDArray[Any] = part.labels
        if is_classifier(stand_in):
            labels = stand_in.classes_[labels.astype(np.intp)]
        weights = {} if part.weights is None else {"sample_weight": part.weights}
        assert self._scorer is not None
        score = self._scorer(stand_in, part.rows, labels, **weights)
        try:
            return float(score)
        except (TypeError, ValueError) as error:
            raise ValueError(
                f"scoring must return a number, the higher the better; {self._scorer!r:.80} "
                f"returned {score!r:.60}"
            ) from error

    def should_stop(self) -> bool:
        """Tell whether the last scores are no better than the one before them."""
        estimator = self._estimator
        scores = estimator.train_score_ if self._held_out is None else estimator.validation_score_
        waited = estimator.n_iter_no_change
        if len(scores) <= waited:
            return False
        reference = scores[-waited - 1] + estimator.tol
        return not any(score > reference for score in scores[-waited:])
