"""Computes the numbers of a built board again, from the raw answers, without the package.

answers.py     the benchmark's questions, and what entries answered
metrics.py     exact match, F1 and ROUGE-1
intervals.py   intervals of means over conversations
ranks.py       ranks by sign flips
rows.py        an entry's row on the page, in results.csv and in results.parquet
data_files.py  the files that other pages load
comparison.py  counts what was compared, and keeps what differs
"""
