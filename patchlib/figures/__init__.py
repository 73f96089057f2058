"""Charts: frames of query results in, plotly figures out.

A figure function draws what it is given and adds nothing up. Every look is in `theme`; axis titles carry
units; order and colour follow meaning.
"""
