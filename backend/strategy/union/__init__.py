"""A union of banks: what several banks exported, worked out at once on Spark, to Parquet. Nothing here writes
into a bank's database; results get into force by the bank's own night alone."""
