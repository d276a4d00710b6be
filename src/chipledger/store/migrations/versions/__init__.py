"""The steps, each a file that names its revision and the one before."""
