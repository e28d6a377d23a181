"""The fit of `scale.py` by Spark MLlib's mixture, in one process of its own: ``python benchmarks/scale_spark.py FOLDER``.

It takes ``pip install pyspark``, which is no part of the extra ``bench``, and a Java that this finds.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from pyspark.ml.clustering import GaussianMixture
from pyspark.ml.feature import VectorAssembler
from pyspark.sql import SparkSession
from scale import COLUMNS, COMPONENTS, files_in, iterations_for


def seconds(rows: Any, iterations: int) -> float:
    """Seconds of a fit of so many iterations."""
    begin = time.perf_counter()
    GaussianMixture(k=COMPONENTS, seed=0, tol=0.0, maxIter=iterations).fit(rows)
    return time.perf_counter() - begin


def memory(session: Any) -> float:
    """Largest memory of the Java process so far, MB."""
    number = session._jvm.java.lang.ProcessHandle.current().pid()
    lines = Path(f"/proc/{number}/status").read_text().splitlines()
    return float(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1024


def main() -> None:
    """Time an iteration over the rows of a folder, with two threads, and print it as JSON."""
    options = {"spark.ui.enabled": "false", "spark.driver.memory": "8g", "spark.log.level": "ERROR"}
    session = SparkSession.builder.master("local[2]").config(map=options).getOrCreate()
    columns = [f"x{column}" for column in range(COLUMNS)]
    table = session.read.parquet(*map(str, files_in(Path(sys.argv[1]))))
    rows = VectorAssembler(inputCols=columns, outputCol="features").transform(table).select("features").cache()
    count = rows.count()
    few, many = iterations_for(count)
    short, long = seconds(rows, few), seconds(rows, many)
    each = (long - short) / (many - few)
    print(json.dumps({"rows": count, "iteration": each, "rows_a_second": count / each, "mb": memory(session)}))
    session.stop()


if __name__ == "__main__":
    main()
