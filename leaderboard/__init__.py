"""Submissions, their verification, and the board built of them."""
