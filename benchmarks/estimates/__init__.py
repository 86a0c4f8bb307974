"""Estimates of the time and cost of imports and stages, from measured constants and list prices."""
