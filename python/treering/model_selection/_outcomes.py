"""What scikit-learn keeps of each fit of a cross-validation, of fits that are shared."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from sklearn.base import BaseEstimator

from treering._progress import progress_bar
from treering.model_selection._candidates import Candidate, candidate_of
from treering.model_selection._shared_fits import Fit, SharedFits

Outcome = dict[str, Any]


@dataclass(frozen=True)
class Scoring:
    """How models are scored, and what is kept of them."""

    scorer: Any
    error_score: Any
    of_training: bool = False
    keeps_estimators: bool = False

    def outcomes(
        self, fits: SharedFits, candidates: Sequence[Candidate], progress: str | None = None
    ) -> Iterator[tuple[int, int, Outcome]]:
        """Yield the place of each candidate, the split, and the outcome of the fit.

        `progress` is the title of a bar that shows how many are done.
        """
        count = len(fits.splits) * len(candidates)
        with progress_bar(count, progress) as bar:
            for fit in fits.of(candidates):
                yield fit.place, fit.fold.split, self._outcome(fits, fit)
                bar.update()

    def by_split(
        self, fits: SharedFits, estimator: BaseEstimator, verbose: int = 0
    ) -> list[Outcome]:
        """Return the outcomes of one estimator, split by split."""
        progress = type(estimator).__name__ if verbose else None
        outcomes = self.outcomes(fits, [candidate_of(estimator, {})], progress)
        return [outcome for _, _, outcome in sorted(outcomes, key=lambda each: each[1])]

    def _outcome(self, fits: SharedFits, fit: Fit) -> Outcome:
        started = perf_counter()
        outcome: Outcome = {"fit_error": None}
        outcome["test_scores"] = fits.scores(fit, self.scorer, self.error_score)
        outcome["score_time"] = perf_counter() - started
        outcome["fit_time"] = fit.seconds
        outcome["n_test_samples"] = len(fits.splits[fit.fold.split][1])
        if self.of_training:
            outcome["train_scores"] = fits.scores(
                fit, self.scorer, self.error_score, of_training=True
            )
        if self.keeps_estimators:
            outcome["estimator"] = fit.estimator()
        return outcome
