"""What the sandbox answers, one module per service; Systems Manager has three.

A handler takes a Call and returns the whole result in botocore's output shape, every row of it, with aware
datetimes; the endpoint pages and serialises. A parameter that the sandbox does not follow is refused with
the service's own error, never ignored.
"""
