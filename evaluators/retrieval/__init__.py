"""Measures what a system found: which turns with the answer are in what it retrieved.

evidence.py   the turns that hold the answer to a question, and what LoCoMo broke
"""
