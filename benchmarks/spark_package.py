"""The package on Spark, on this machine's cores: a full build with all its data tests.

    BENCH_RAW=DIR python benchmarks/spark_package.py OUT

Run it in the folder of a project like package/. The raw files are tables where they lie; what is built stands in
OUT/tables, and the mart, for comparison, in OUT/mart.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from dbt.cli.main import dbtRunner
from pyspark.sql import SparkSession


def main(out: Path) -> None:
    threads = os.environ.get("BENCH_THREADS", "2")
    spark = (
        SparkSession.builder.master(f"local[{threads}]")
        .config("spark.driver.memory", os.environ.get("BENCH_MEMORY", "8GB").removesuffix("B"))
        .config("spark.local.dir", os.environ.get("BENCH_TEMP", "/tmp"))
        .config("spark.sql.warehouse.dir", str(out / "tables"))
        .config("spark.hadoop.javax.jdo.option.ConnectionURL", "jdbc:derby:memory:catalogue;create=true")
        .config("spark.sql.shuffle.partitions", 2 * int(threads))
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.ui.enabled", "false")
        .config("spark.log.level", "ERROR")
        .enableHiveSupport()
        .getOrCreate()
    )
    gateway = spark.sparkContext._gateway
    raw = Path(os.environ["BENCH_RAW"])
    spark.sql("create schema raw")
    for table in sorted(folder.name for folder in raw.iterdir()):
        spark.sql(f"create table raw.{table} using parquet location '{raw / table}'")
        if any((raw / table).glob("day=*")):
            spark.sql(f"msck repair table raw.{table}")

    # In this process, so in this session: it is where dbt looks first.
    built = dbtRunner().invoke(["--quiet", "build", "--target", "spark", "--exclude-resource-type", "unit_test"])
    if built.success:
        spark.table("main_ads_marts.mart_ads__ad_daily").write.mode("overwrite").parquet(str(out / "mart"))
    spark.stop()
    # The JVM's cost is counted with that of this process only once it has been waited for.
    gateway.shutdown()
    gateway.proc.stdin.close()
    gateway.proc.wait()
    sys.exit(not built.success)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
