"""The recipes that come with the toolkit: the paper's choices, and the sample's."""
