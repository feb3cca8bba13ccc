"""The recorded run of Gemma 3 270M on LoCoMo; docs/gemma.md describes it."""
