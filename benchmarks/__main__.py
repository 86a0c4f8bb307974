"""Run every benchmark that needs nothing but this machine."""

from benchmarks import functions

functions.main()
