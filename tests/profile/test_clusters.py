"""Profiles of Spark's and Dask's frames, on real workers: those of the same rows on one machine."""

import os
import shutil
import subprocess
import sys

import numpy as np
import pandas as pd
import pyarrow.compute as pc
import pytest

from treering.profile import Profile
from treering.profile import _building as building

NUMBERS = ("income", "rooms", "wide")
WORD = "PySpark does not yet fully support pandas"
pytestmark = pytest.mark.filterwarnings(
    f"ignore:{WORD}:FutureWarning", "ignore:unclosed:ResourceWarning"
)


def homes(rows=6000):
    rng = np.random.default_rng(3)
    seconds = rng.integers(0, 10**13, rows).view("m8[us]")
    frame = pd.DataFrame(
        {
            "income": rng.lognormal(10, 1, rows),
            "rooms": rng.integers(0, 9, rows),
            "wide": rng.normal(0, 1e9, rows),
            "town": rng.choice(["Bonn", "Köln", "Ulm"], rows),
            "owner": rng.random(rows) < 0.3,
            "sold": np.datetime64("2026-01-01", "us") + seconds,
        }
    )
    frame.loc[::7, "income"] = np.nan
    frame.loc[::5, "town"] = None
    return frame


def merged(parts):
    return Profile._with(building.merge_parts([part.to_bytes() for part in parts]), None)


def assert_same_table(found, frame):
    """Exact facts are those of one reading of all rows; others lie within their bounds."""
    whole = Profile.of(frame)
    assert (found.rows, found.names) == (whole.rows, whole.names)
    for name in whole.names:
        one, other = found[name].to_dict(), whole[name].to_dict()
        for fact in ("q25", "median", "q75", "rank_error"):
            one.pop(fact), other.pop(fact)
        for fact, value in other.items():
            near = pytest.approx(value, rel=1e-9) if isinstance(value, float) else value
            assert one[fact] == near, (name, fact)
    for name in NUMBERS:
        ranks = np.sort(frame[name].dropna())
        for share, value in ((0.25, found[name].q25), (0.75, found[name].q75)):
            off = abs(np.searchsorted(ranks, value, "right") / len(ranks) - share)
            ties = np.count_nonzero(ranks == value) / len(ranks)
            assert off <= found[name].rank_error + ties


@pytest.fixture(scope="module")
def spark():
    if shutil.which("java") is None and not os.environ.get("CI"):
        pytest.skip("Spark needs Java, which is not installed here")
    os.environ["PYSPARK_PYTHON"] = os.environ["PYSPARK_DRIVER_PYTHON"] = sys.executable
    from pyspark.sql import SparkSession

    session = (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.shuffle.partitions", "4")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("OFF")
    yield session
    session.stop()


def test_spark_frames_are_profiled_where_they_lie(spark):
    from pyspark.errors import PySparkException
    from pyspark.sql.functions import col, spark_partition_id

    frame = homes()
    given = spark.createDataFrame(frame.astype({"town": object}))
    given = given.repartitionByRange(4, "sold").cache()
    rows = given.withColumn("at", spark_partition_id()).toArrow()
    parts = [rows.filter(pc.equal(rows["at"], at)).drop_columns("at") for at in range(4)]
    assert min(part.num_rows for part in parts) > 0

    found = Profile.of(given)
    assert found.to_bytes() == merged(map(Profile.of, parts)).to_bytes()
    assert_same_table(found, frame)
    assert Profile.of(given, reference=found).to_bytes() == (
        merged([Profile.of(part, reference=found) for part in parts]).to_bytes()
    )

    nothing = Profile.of(given.filter("rooms > 99"))
    assert (nothing.rows, nothing.names, nothing["rooms"].kind) == (0, found.names, "empty")

    with pytest.raises(ValueError, match="'rooms'"):
        Profile.of(given.select("rooms", "rooms"))
    with pytest.raises(PySparkException, match="wrong"):  # a column that cannot be made
        Profile.of(given.selectExpr("if(rooms > 3, raise_error('wrong'), rooms) as rooms"))

    wide = spark.range(0, 300_000, 1, 2).select((col("id") % 1000).alias("k"), col("id") * 0.5)
    assert Profile.of(wide)["k"].distinct == 1000


GONE = """
import os, sys
os.environ["PYSPARK_PYTHON"] = sys.executable
from pyspark.sql import SparkSession
from treering.profile import Profile
session = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
frame = session.range(5)
session.stop()
try:
    Profile.of(frame)
except RuntimeError as error:
    print("said:", error)
"""


def test_a_spark_session_that_is_gone_is_named(spark):
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", GONE],
        capture_output=True,
        text=True,
        timeout=200,
        check=True,
    )
    assert "said: data is a Spark frame whose session has stopped" in done.stdout


@pytest.fixture(scope="module")
def dask_client():
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=":0", host="127.0.0.1"
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


def test_dask_frames_are_profiled_where_they_lie(dask_client):
    import dask.dataframe as dd

    frame = homes()
    given = dd.from_pandas(frame, npartitions=4, sort=False)
    parts = [given.get_partition(at).compute() for at in range(given.npartitions)]
    found = Profile.of(given)
    assert len(dask_client.scheduler_info()["workers"]) == 2
    assert found.to_bytes() == merged(map(Profile.of, parts)).to_bytes()
    assert_same_table(found, frame)
    assert Profile.of(given, reference=found).to_bytes() == (
        merged([Profile.of(part, reference=found) for part in parts]).to_bytes()
    )
    nothing = Profile.of(given[given["rooms"] > 99])
    assert (nothing.rows, nothing.names) == (0, found.names)
    with pytest.raises(ZeroDivisionError):
        Profile.of(given.map_partitions(lambda part: 1 // 0, meta=frame.head(0)))


def test_many_parts_become_groups_in_any_order():
    rng = np.random.default_rng(0)
    tables = [rng.normal(size=(20, 2)) for _ in range(150)]
    parts = [Profile.of(table).to_bytes() for table in tables]
    found = Profile._with(building.merge_parts(parts), None)
    assert (found.rows, found.parts) == (3000, 3)
    assert building.merge_parts(parts[::-1]).to_bytes() == found.to_bytes()
    everything = np.concatenate(tables)
    assert found["x0"].mean == pytest.approx(everything[:, 0].mean(), abs=1e-12)
    low, high = found.count_up_to("x1", [0.0])
    assert low[0] <= np.count_nonzero(everything[:, 1] <= 0) <= high[0]
