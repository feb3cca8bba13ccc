"""What the models of a run cost: size, tokens and seconds."""
