"""How the embedded models are trained; `scripts/train_embedded.py` is the command."""
