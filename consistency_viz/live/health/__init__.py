"""Whether this web process is well, in the words of those who ask: probes, and Prometheus."""
