"""The commands `submit`, `leaderboard verify` and `leaderboard build`."""
