"""The stage `images`: a benchmark folder's pictures, from their hosts or from a mirror."""
