"""Checks, smoke boots and benchmarks of Etherforge."""
