"""Encoders that are scikit-learn's, but for how columns of text are read."""

import sklearn.preprocessing as _sklearn

from treering.preprocessing._text_columns import TextColumnsMixin


class OneHotEncoder(TextColumnsMixin, _sklearn.OneHotEncoder):  # type: ignore[misc]
    """Make a column of zeros and ones of each category.

    A subclass of :class:`sklearn.preprocessing.OneHotEncoder` with its parameters, attributes and
    values. Columns of text from pandas, polars, pyarrow or arrays of objects are read by the core,
    without an object for each cell where the table holds none; others take scikit-learn's own path.

    Parameters
    ----------
    categories : "auto" or list of array-like, default="auto"
        The categories of each column, in order; "auto" takes those of `fit`, sorted.
    drop : {"first", "if_binary"}, array-like of shape (n_features,) or None, default=None
        The category of each column that gets no column.
    sparse_output : bool, default=True
        Return rows of ``scipy.sparse``.
    dtype : number type, default=numpy.float64
        The type of the zeros and ones.
    handle_unknown : {"error", "ignore", "infrequent_if_exist", "warn"}, default="error"
        What is made of categories that `fit` has not seen.
    min_frequency : int or float, default=None
        Categories of fewer rows (a share of all, as a float) are put together.
    max_categories : int, default=None
        Put the rarest categories together until so many are left.
    feature_name_combiner : "concat" or callable, default="concat"
        How names of columns are made of the column's name and the category.

    Attributes
    ----------
    categories_ : list of ndarray
        The categories of each column.
    drop_idx_ : ndarray of shape (n_features,) or None
        The place of the category without a column, of each column.
    infrequent_categories_ : list of ndarray
        The categories that are put together.
    n_features_in_ : int
        The number of columns.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        The columns' names, if all are text.
    feature_name_combiner : callable or None
        How names are made.

    Examples
    --------
    >>> import numpy as np
    >>> from treering.preprocessing import OneHotEncoder
    >>> X = np.array([["red"], ["blue"], ["red"]], dtype=object)
    >>> OneHotEncoder(sparse_output=False).fit_transform(X)
    array([[0., 1.],
           [1., 0.],
           [0., 1.]])
    """


class OrdinalEncoder(TextColumnsMixin, _sklearn.OrdinalEncoder):  # type: ignore[misc]
    """Make a whole number of each category.

    A subclass of :class:`sklearn.preprocessing.OrdinalEncoder` with its parameters, attributes and
    values. Columns of text from pandas, polars, pyarrow or arrays of objects are read by the core,
    without an object for each cell where the table holds none; others take scikit-learn's own path.

    Parameters
    ----------
    categories : "auto" or list of array-like, default="auto"
        The categories of each column, in order; "auto" takes those of `fit`, sorted.
    dtype : number type, default=numpy.float64
        The type of the numbers.
    handle_unknown : {"error", "use_encoded_value"}, default="error"
        What is made of categories that `fit` has not seen.
    unknown_value : int or numpy.nan, default=None
        Their number.
    encoded_missing_value : int or numpy.nan, default=numpy.nan
        The number of missing values.
    min_frequency : int or float, default=None
        Categories of fewer rows (a share of all, as a float) are put together.
    max_categories : int, default=None
        Put the rarest categories together until so many are left.

    Attributes
    ----------
    categories_ : list of ndarray
        The categories of each column.
    infrequent_categories_ : list of ndarray
        The categories that are put together.
    n_features_in_ : int
        The number of columns.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        The columns' names, if all are text.

    Examples
    --------
    >>> import numpy as np
    >>> from treering.preprocessing import OrdinalEncoder
    >>> X = np.array([["red"], ["blue"], ["red"]], dtype=object)
    >>> OrdinalEncoder().fit_transform(X)
    array([[1.],
           [0.],
           [1.]])
    """
