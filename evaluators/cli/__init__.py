"""The commands of the evaluators."""
