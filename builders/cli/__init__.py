"""The commands of the builders."""
