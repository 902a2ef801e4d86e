"""Benchmarks: ours beside a reference in the same run, interleaved, as ratios. One module each, see ``registry``."""
