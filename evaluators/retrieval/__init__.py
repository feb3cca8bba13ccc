"""Measures what a system found: which turns with the answer are in what it retrieved.

evidence.py   the turns that hold the answer to a question, and what LoCoMo broke
ranks.py      at which rank each of these turns was retrieved
measures.py   recall and nDCG at k, from the ranks
ranked.py     the ranks of every question, or why there are none
table.py      every measure at every k, by category
"""
