"""A sandbox organisation behind a loopback AWS endpoint: no account, no network, the same code path.

`endpoint` is the whole service in one object; `http` serves it on 127.0.0.1 and `inprocess` answers a
botocore session without a port. `organisation` holds what there is to see. The sandbox is read-only, as
the product is: an operation that could change something is refused.
"""
