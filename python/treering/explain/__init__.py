"""Why a model answers as it does: Shapley values of trees, and what columns do for a score."""

from treering.explain._explainer import TreeExplainer
from treering.explain._explanation import Explanation
from treering.explain._permutation import PermutationImportance, permutation_importance

__all__ = ["Explanation", "PermutationImportance", "TreeExplainer", "permutation_importance"]
