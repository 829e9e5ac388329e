"""A fitted model into a file: an estimator of treering's, or what scikit-learn composes of them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from sklearn.utils.validation import check_is_fitted

from treering._checks import shown
from treering._files import replace_file, writable_target
from treering._model_file import ModelFileMixin, described, room_of
from treering.persistence._composites import (
    COMPOSITES,
    MOST_NESTED,
    composite_name,
    write_composite,
)
from treering.persistence._load import CLASSES

if TYPE_CHECKING:
    import os
    from pathlib import Path


def save(model: Any, path: str | os.PathLike[str]) -> Path:
    """Write a fitted model into one file that :func:`treering.load` reads.

    The file holds data and no code. It is written under another name, forced to the disk and
    renamed: a reader, or a crash, finds the old file or the new one, never a part.

    Parameters
    ----------
    model : estimator
        An estimator of treering's, or a Pipeline, ColumnTransformer, FeatureUnion,
        VotingClassifier or VotingRegressor of scikit-learn's whose parts are such. A
        FunctionTransformer is kept if its functions are None or functions of numpy's for single
        numbers, such as ``numpy.log1p``.
    path : str or os.PathLike
        Where to; its folder exists. ``.treering`` is a good ending.

    Returns
    -------
    pathlib.Path
        The path, absolute.

    Raises
    ------
    sklearn.exceptions.NotFittedError
        If the model is not fitted.
    TypeError
        If a part is of a class that a file cannot name, or holds what is no data. The message
        names the part, and the way out.
    OSError
        If the file cannot be written; nothing is left behind.

    Notes
    -----
    The columns of a ColumnTransformer that a slice or a function chose are kept one by one; a
    Pipeline comes back without its `memory`.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.pipeline import make_pipeline
    >>> import treering
    >>> from treering.ensemble import RandomForestClassifier
    >>> from treering.preprocessing import StandardScaler
    >>> X, y = load_iris(return_X_y=True, as_frame=True)
    >>> model = make_pipeline(StandardScaler(), RandomForestClassifier(random_state=0)).fit(X, y)
    >>> path = treering.save(model, Path(tempfile.mkdtemp()) / "iris.treering")
    >>> again = treering.load(path)
    >>> bool((again.predict_proba(X) == model.predict_proba(X)).all())
    True
    """
    if not hasattr(model, "get_params") or isinstance(model, type):
        raise TypeError(f"model must be a fitted estimator; got {shown(model)}")
    if not isinstance(model, ModelFileMixin) and type(model) not in COMPOSITES:
        raise TypeError(_refusal(model, "the model"))
    check_is_fitted(model)
    target = writable_target(path, "a model")
    replace_file(target, _content(model))
    return target


def _content(model: Any, place: str = "the model", depth: int = 0, *, fitted: bool = True) -> bytes:
    """Return what a file of this model holds, or say why there can be none."""
    if depth > MOST_NESTED:
        raise TypeError(f"{place} stands more than {MOST_NESTED} deep in other parts")
    if isinstance(model, ModelFileMixin):
        try:
            room_of(type(model))
        except TypeError:
            raise TypeError(_refusal(model, place)) from None
        return model._file_content(fitted=fitted)
    if type(model) not in COMPOSITES:
        raise TypeError(_refusal(model, place))
    write = partial(_content, depth=depth + 1)
    parameters, attributes = write_composite(model, write, fitted=fitted)
    return described(
        composite_name(type(model)),
        parameters,
        attributes,
        columns=getattr(model, "n_features_in_", 0) if fitted else 0,
        names=getattr(model, "feature_names_in_", None) if fitted else None,
    )


def _refusal(model: Any, place: str) -> str:
    cls = type(model)
    kind = f"a {cls.__module__}.{cls.__qualname__}"
    for room, names in CLASSES.items():
        if cls.__name__ in names and cls.__module__.startswith("sklearn."):
            return (
                f"{place} is {kind}, which a model file does not hold; treering.{room}."
                f"{cls.__name__} takes the same parameters and can be saved: fit the model with it"
            )
    if hasattr(model, "best_estimator_"):
        return f"{place} is a search, {kind}: save its best_estimator_"
    if hasattr(model, "predict"):
        return (
            f"{place} is {kind}, which a model file cannot name, since loading it would mean "
            "running code that the file asks for. Of models that predict, those of treering.tree, "
            "treering.ensemble and treering.linear_model can be saved; keep this one with joblib"
        )
    return (
        f"{place} is {kind}, which a model file cannot name, since loading it would mean running "
        "code that the file asks for. Columns computed from others can be kept by "
        "treering.preprocessing.FormulaFeatures, or by a FunctionTransformer of a function of "
        "numpy's; what remains is done to the rows before the model, or the model kept with joblib"
    )
