"""Corrections of p-values for the number of tests, by their names."""

from typing import Literal, TypeAlias, get_args

Correction: TypeAlias = Literal["bonferroni", "holm", "fdr_bh", "fdr_by"]
CORRECTIONS: tuple[Correction, ...] = get_args(Correction)
