"""The checks of an entry that look at more than the shape of its files, one a module."""
