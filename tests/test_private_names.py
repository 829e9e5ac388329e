"""Names of scikit-learn that it does not promise: each is known, in one place, with a reason."""

import ast
import importlib
import inspect
from collections.abc import Iterator
from pathlib import Path

from sklearn.callback import ScoringMonitor
from sklearn.datasets import load_iris

import architecture as house
from estimators import QUICK
from treering.model_selection import HalvingGridSearchCV
from treering.preprocessing import StandardScaler

FILE = house.PYTHON / "_sklearn.py"

# module.name: why no public name does the same
IMPORTED = {
    "sklearn.base._fit_context": (
        "validates parameters as every estimator of scikit-learn does, and knows when a "
        "meta-estimator has done so; its development guide tells authors to use it"
    ),
    "sklearn.metrics._scorer._BaseScorer": (
        "tells scorers that ask for answers from callables that may look at the whole estimator"
    ),
    "sklearn.metrics._scorer._MultimetricScorer": "holds the scorers of several metrics",
    "sklearn.metrics._scorer._PassthroughScorer": "what check_scoring gives for scoring=None",
    "sklearn.model_selection._validation._fit_and_score": (
        "fits and scores the candidates of a search that cannot share, with all that goes with it"
    ),
    "sklearn.model_selection._validation._insert_error_scores": (
        "the scores of failed fits where a callable gives several metrics"
    ),
    "sklearn.model_selection._validation._warn_or_raise_about_fit_failures": (
        "tells of fits that failed, in the words that users filter by"
    ),
    "sklearn.utils._param_validation.validate_parameter_constraints": (
        "refuses the arguments that scikit-learn's functions refuse, in its words"
    ),
    "sklearn.model_selection._validation._score": (
        "what a search makes of a scorer that fails, or returns no number"
    ),
    "sklearn.model_selection._validation._translate_train_sizes": (
        "the numbers of rows for train_sizes, with scikit-learn's errors and warning"
    ),
    "sklearn.model_selection._split._validate_shuffle_split": (
        "the numbers of rows for test_size and train_size, with scikit-learn's errors; the public "
        "splitters draw a permutation to say so"
    ),
    "sklearn.utils._safe_indexing": (
        "takes rows of any container, as the public train_test_split does for random rows only"
    ),
    "sklearn.utils._param_validation.Interval": "the language of _parameter_constraints",
    "sklearn.utils._param_validation.RealNotInt": "the language of _parameter_constraints",
    "sklearn.utils._param_validation.StrOptions": "the language of _parameter_constraints",
    "sklearn.utils.extmath._approximate_mode": (
        "how stratified splits round; another rounding gives other splits for the same seed"
    ),
    "sklearn.utils.validation._check_sample_weight": (
        "what estimators accept as weights, which check_estimator tests"
    ),
    "sklearn.utils.validation._num_samples": "the rows of any container, with its errors",
}

# Names of scikit-learn's classes that treering's subclasses override or read, and why
INHERITED = {
    "_check_infrequent_enabled": "whether an encoder puts rare categories together",
    "_check_input_parameters": "where halving refuses resources that the data does not have",
    "_check_refit_for_multimetric": "refuses a refit that names no metric",
    "_checked_cv_orig": "the splitter, where halving looks for it",
    "_compute_n_features_outs": "how many columns a OneHotEncoder makes, whatever its file says",
    "_default_test_size": "the size that a splitter takes where none is given",
    "_fit": "where encoders learn categories; fit() itself stays theirs",
    "_fit_indicator": "makes the columns of add_indicator, from a file as from rows",
    "_fit_infrequent_category_mapping": "which categories are rare, from their counts",
    "_format_results": "makes cv_results_ of what the fits gave",
    "_get_scorers": "the scorers of a search, and the metric that decides",
    "_init_callback_context": "what the rounds of a search are told to, though nobody listens",
    "_iter_indices": "the documented place of a splitter's draws; split() itself stays theirs",
    "_make_test_folds": "the folds of StratifiedKFold before they are turned into rows",
    "_parameter_constraints": "where an estimator says what its parameters may be",
    "_map_infrequent_categories": "the places of rare categories among the others",
    "_n_samples_orig": "the number of rows, where halving looks for it",
    "_run_search": "the documented place of a search's candidates",
    "_select_best_index": "which candidate is best, also of the last round of halving",
    "_sklearn_output_config": "what set_output chose, which a model file keeps as pickle does",
    "_skl_callbacks": "whether callbacks are registered, which only their own path calls",
    "_transform": "where encoders find categories; transform() itself stays theirs",
    "_validate_params": "checks parameters where the work is not inside fit",
}

# Protocols of others that scikit-learn keeps too
PROTOCOLS = {"_repr_html_"}


def trees() -> Iterator[tuple[Path, ast.Module]]:
    for path in house.python_files():
        yield path, ast.parse(path.read_text(encoding="utf-8"))


def private_imports(tree: ast.AST) -> set[str]:
    """Full names imported from scikit-learn of which some part begins with an underscore."""
    found = set()
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        found.update(name for name in names if name.startswith("sklearn.") and "._" in name)
    return found


def private_names(tree: ast.AST) -> set[str]:
    """Private names that code reads, defines, or asks for as text."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            found.add(node.attr)
        elif isinstance(node, ast.FunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            found.add(node.target.id)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(node.value)
    return {name for name in found if name.startswith("_") and not name.startswith("__")}


def inherited() -> set[str]:
    """Private names of scikit-learn's classes above treering's, on classes and on objects."""
    found: set[str] = set()
    for room in ("ensemble", "model_selection", "preprocessing", "tree"):
        module = importlib.import_module(f"treering.{room}")
        for cls in map(module.__dict__.get, module.__all__):
            if inspect.isclass(cls):
                found.update(vars(cls(**QUICK.get(cls, {}))))
                for base in cls.__mro__:
                    if base.__module__.startswith("sklearn"):
                        found.update(vars(base))
    fitted = HalvingGridSearchCV(**QUICK[HalvingGridSearchCV]).fit(*load_iris(return_X_y=True))
    found.update(vars(fitted))
    monitored = StandardScaler().set_callbacks(ScoringMonitor(scoring="accuracy"))
    return found | set(vars(monitored.set_output(transform="default")))


def test_private_imports_stand_in_one_file_with_their_reasons() -> None:
    found = {path: private_imports(tree) for path, tree in trees()}
    assert found.pop(FILE) == set(IMPORTED)
    assert {path.name: names for path, names in found.items() if names} == {}


def test_private_names_that_are_inherited_have_their_reasons() -> None:
    used = set().union(*(private_names(tree) for _, tree in trees()))
    assert used & inherited() - PROTOCOLS == set(INHERITED)


def test_private_names_would_be_seen() -> None:
    source = "import sklearn._config\nfrom sklearn.utils import _x, check_array\nself._y = '_z'"
    tree = ast.parse(source)
    assert private_imports(tree) == {"sklearn._config", "sklearn.utils._x"}
    assert private_names(tree) == {"_y", "_z"}
