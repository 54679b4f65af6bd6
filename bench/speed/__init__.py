"""Speed next to C: each goal is a ratio to something measured in the same run, under the same interpreter.

docs/performance.md has the goals, the method and the figures.
"""
