"""Formulas: arithmetic as text, nothing else, with errors that say what is wrong."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.pipeline import make_pipeline

from treering.preprocessing import FormulaFeatures, SimpleImputer, StandardScaler

HOMES = pd.DataFrame({"rooms": [6.0, 8.0, 9.0], "households": [2.0, 1.0, 3.0], "€ paid": [1, 4, 9]})


def computed(formula, frame=HOMES):
    return FormulaFeatures({"new": formula}, remainder="drop").fit_transform(frame)[:, 0]


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("rooms / households", [3, 8, 3]),
        ("-rooms + 2 * households ** 2", [2, -6, 9]),
        ("(rooms - households) / (rooms + households)", [0.5, 7 / 9, 0.5]),
        ("sqrt(`€ paid`)", [1, 2, 3]),
        ("maximum(rooms, 8) - minimum(rooms, households)", [6, 7, 6]),
        ("log(exp(households)) + log1p(expm1(households))", [4, 2, 6]),
        ("log2(8) + log10(100) + abs(-1) + 1e1", [16, 16, 16]),
        ("+sin(0 * rooms) + cos(0 * rooms)", [1, 1, 1]),
        ("  rooms  ", [6, 8, 9]),
        ("rooms" + " + 1" * 200, [206, 208, 209]),
        ("rooms - households - 1 - 1", [2, 5, 4]),
    ],
)
def test_formulas_are_arithmetic(formula, expected) -> None:
    np.testing.assert_allclose(computed(formula), expected, rtol=1e-15)


@pytest.mark.parametrize("library", [pd.DataFrame, pl.DataFrame])
def test_columns_keep_their_names_and_stand_before_the_new_ones(library) -> None:
    rows = library({"rooms": [6.0, 8.0], "households": [2.0, 1.0]})
    features = FormulaFeatures({"ratio": "rooms / households"})
    name = "pandas" if library is pd.DataFrame else "polars"
    out = features.set_output(transform=name).fit_transform(rows)
    assert isinstance(out, library)
    assert list(out.columns) == ["rooms", "households", "ratio"]
    assert out["ratio"].to_list() == [3.0, 8.0]
    assert features.get_feature_names_out().tolist() == ["rooms", "households", "ratio"]


def test_columns_without_names_are_counted() -> None:
    rows = np.array([[6.0, 2.0], [8.0, np.nan]], dtype=np.float32)
    features = FormulaFeatures({"ratio": "x0 / x1"}).fit(rows)
    out = features.transform(rows)
    assert out.dtype == np.float32
    np.testing.assert_array_equal(out, [[6, 2, 3], [8, np.nan, np.nan]])
    assert features.get_feature_names_out().tolist() == ["x0", "x1", "ratio"]
    assert features.get_feature_names_out(["a", "b"]).tolist() == ["a", "b", "ratio"]


def test_no_name_is_taken_for_another() -> None:
    frame = pd.DataFrame({"_0_": [1.0], "__0": [2.0], "a b": [10.0], "_0": [3.0]})
    assert computed("_0_ + `a b` + __0 + _0", frame).tolist() == [16.0]


def test_letters_that_look_alike_stay_apart() -> None:
    micro, mu = "\N{MICRO SIGN}", "\N{GREEK SMALL LETTER MU}"
    rows = pd.DataFrame({micro: [1.0], mu: [2.0], "a#b": [3.0]})
    formulas = {"first": f"`{micro}` * 1", "second": f"{mu} * 1", "third": "`a#b` * 1"}
    out = FormulaFeatures(formulas, remainder="drop").fit_transform(rows)
    assert out.tolist() == [[1.0, 2.0, 3.0]]


def test_formulas_work_between_other_steps() -> None:
    rows = HOMES.mask(HOMES == 8)
    steps = make_pipeline(
        SimpleImputer(strategy="median"),
        FormulaFeatures({"ratio": "rooms / households"}),
        StandardScaler(),
    ).set_output(transform="pandas")
    out = steps.fit_transform(rows)
    ratio = np.array([3, 7.5, 3])
    np.testing.assert_allclose(out["ratio"], (ratio - ratio.mean()) / ratio.std())


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        ("__import__('os').system('true')", "no arithmetic.*__import__"),
        ("rooms.real", "name with a dot.*no arithmetic"),
        ("rooms[0]", "no arithmetic"),
        ("[each for each in rooms]", "no arithmetic"),
        ("(lambda: rooms)()", "no arithmetic"),
        ("rooms if rooms else 1", "no arithmetic"),
        ("rooms < 3", "a comparison, which is no arithmetic"),
        ("rooms ^ 2", r"write \*\*"),
        ("max(rooms, 3)", r"calls max, which is none of its functions \(did you mean"),
        ("rooms // 3", "no arithmetic"),
        ("'rooms'", "no arithmetic"),
        ("1j * rooms", "no arithmetic"),
        ("True * rooms", "holds True, which is no number"),
        ("log(rooms, 2)", "gives log something else than 1 value"),
        ("minimum(rooms)", "gives minimum something else than 2 values"),
        ("log(x=rooms)", "gives log something else"),
        ("log(*rooms)", "gives log something else|no arithmetic"),
        ("eval(rooms)", "calls eval, which is none of its functions"),
        ("rooms :=", "cannot be read"),
        ("", "cannot be read"),
        ("rooms \0", "cannot be read"),
        ("€ paid", "cannot be read.*backquotes"),
        ("rooms # of a home", "or #, outside backquotes"),
        ("\N{MICRO SIGN} * 2", "written in several ways.*backquotes"),
        ("rooms\N{FULLWIDTH LOW LINE}0", "written in several ways"),
        ("ru\N{COMBINING DIAERESIS} + 1", "written in several ways"),
        ("room", r"no column of the rows \(did you mean 'rooms'\?\)"),
        ("1e999 * rooms", "beyond double precision"),
        ("9" * 500 + " * rooms", "beyond double precision"),
        ("-" * 900 + "rooms", "cannot be read|deep"),
        ("(" * 300 + "rooms" + ")" * 300, "cannot be read"),
        ("~" * 900 + "rooms", "no arithmetic"),
        ("log(" * 60 + "rooms" + ")" * 60, "more than 50 operations deep"),
        ("rooms" + " + 1" * 1000, "4005 characters"),
        ("rooms / (households - 1)", r"infinite in row 1 \(households = 1, rooms = 8\)"),
    ],
)
def test_anything_else_is_refused(formula, message) -> None:
    with pytest.raises(ValueError, match=message):
        computed(formula)


@pytest.mark.parametrize(
    ("parameters", "kind", "message"),
    [
        ({"formulas": "rooms / 2"}, TypeError, "formulas must be a dict"),
        ({"formulas": {"a": 3}}, TypeError, "formula of 'a' must be text"),
        ({"formulas": {3: "rooms"}}, TypeError, "names that are text"),
        ({"formulas": {"rooms": "rooms / 2"}}, ValueError, "'rooms', which the rows hold already"),
        ({"remainder": "keep"}, ValueError, "remainder must be one of passthrough, drop"),
    ],
)
def test_bad_parameters_are_refused(parameters, kind, message) -> None:
    with pytest.raises(kind, match=message):
        FormulaFeatures(**parameters).fit(HOMES)


def test_infinite_values_and_other_columns_are_refused() -> None:
    features = FormulaFeatures({"ratio": "rooms / households"}).fit(HOMES)
    with pytest.raises(ValueError, match=r"'rooms'.* holds inf in row 1"):
        features.transform(HOMES.replace(8.0, np.inf))
    with pytest.raises(ValueError, match="feature names"):
        features.transform(HOMES[["households", "rooms", "€ paid"]])
    with pytest.raises(ValueError, match="input_features is not equal"):
        features.get_feature_names_out(["a", "b", "c"])
    with pytest.raises(ValueError, match="should have length equal"):
        FormulaFeatures().fit(np.ones((2, 2))).get_feature_names_out(["a"])


@settings(deadline=None, max_examples=300)
@given(st.text(alphabet="rx01+-*/() .,_`'\"[]{}:=\\\n\x00ßlogab", max_size=40))
def test_any_text_is_read_or_refused(text) -> None:
    try:
        out = FormulaFeatures({"new": text}).fit_transform(np.ones((2, 2)))
    except ValueError:
        return
    assert out.shape == (2, 3)


def test_columns_that_lost_their_names_are_told() -> None:
    nameless = FormulaFeatures({"ratio": "rooms / households"})
    with pytest.raises(ValueError, match=r"they have no names .* x0 to x1.*set_output"):
        nameless.fit(np.asarray(HOMES)[:, :2])
