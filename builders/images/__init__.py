"""The stage `images`: a benchmark folder's images, from their hosts or from a mirror."""
