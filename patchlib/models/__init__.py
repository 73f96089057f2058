"""Models: frames in, frames out, under assumptions that are named; no store, no clock, no drawing.

One module per question; each takes its assumptions as one object whose values are shown beside every result.
"""
