"""Facts about the fleet: frames of query results in, frames and sentences out.

Nothing here assumes, draws, opens a store or reads a clock. Distributions and censoring are computed
here; row and group arithmetic is in `queries/`.
"""
