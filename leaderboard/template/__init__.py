"""A results repository: its files, and the review of what a pull request adds to it."""
