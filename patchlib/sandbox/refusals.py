"""How each AWS protocol spells the same refusal.

One kind of failure has a different code in every protocol family: a throttled call is a
`ThrottlingException` to Systems Manager and a `RequestLimitExceeded` to EC2. Retries, ledgers and messages
of a client depend on that spelling, so the endpoint keeps it in one table.
"""

from __future__ import annotations

from typing import Literal

__all__ = ["Kind", "ServiceError", "refusal"]

Kind = Literal[
    "denied",
    "expired",
    "internal",
    "invalid",
    "malformed",
    "missing",
    "throttled",
    "token",
    "unrecognized",
    "unserved",
    "unsigned",
]


class ServiceError(Exception):
    """An error answer of a service: what boto3 raises as ClientError.

    code:    the service's error code, such as `DoesNotExistException`.
    message: the service's text.
    status:  the HTTP status code.
    """

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        self.code = code
        self.message = message
        self.status = status
        super().__init__(f"{code}: {message}")


# (code, HTTP status) by protocol. Sources: the "Common Errors" page of each API Reference (Systems Manager,
# STS, EKS), "Error codes for the Amazon EC2 API", and "Error responses" of the Amazon S3 API Reference.
_SPELLINGS: dict[Kind, dict[str, tuple[str, int]]] = {
    "denied": {
        "json": ("AccessDeniedException", 400),
        "rest-json": ("AccessDeniedException", 403),
        "query": ("AccessDenied", 403),
        "ec2": ("UnauthorizedOperation", 403),
        "rest-xml": ("AccessDenied", 403),
    },
    "expired": {
        "json": ("ExpiredTokenException", 400),
        "rest-json": ("ExpiredTokenException", 403),
        "query": ("ExpiredToken", 403),
        "ec2": ("RequestExpired", 400),
        "rest-xml": ("ExpiredToken", 400),
    },
    "internal": {
        "json": ("InternalServerError", 500),
        "rest-json": ("InternalServerException", 500),
        "query": ("InternalFailure", 500),
        "ec2": ("InternalError", 500),
        "rest-xml": ("InternalError", 500),
    },
    "invalid": {
        "json": ("ValidationException", 400),
        "rest-json": ("ValidationException", 400),
        "query": ("ValidationError", 400),
        "ec2": ("InvalidParameterValue", 400),
        "rest-xml": ("InvalidArgument", 400),
    },
    "malformed": {
        "json": ("SerializationException", 400),
        "rest-json": ("SerializationException", 400),
        "query": ("MalformedInput", 400),
        "ec2": ("InvalidParameterValue", 400),
        "rest-xml": ("MalformedXML", 400),
    },
    "missing": {
        "json": ("ValidationException", 400),
        "rest-json": ("ValidationException", 400),
        "query": ("ValidationError", 400),
        "ec2": ("MissingParameter", 400),
        "rest-xml": ("InvalidRequest", 400),
    },
    "throttled": {
        "json": ("ThrottlingException", 400),
        "rest-json": ("TooManyRequestsException", 429),
        "query": ("Throttling", 400),
        "ec2": ("RequestLimitExceeded", 503),
        "rest-xml": ("SlowDown", 503),
    },
    # EC2's list of error codes also knows InvalidPaginationToken; what boto3 users met in the field is
    # InvalidParameterValue with "The token is invalid." (boto3's tracker, describe_vpcs, 2020).
    "token": {
        "json": ("InvalidNextToken", 400),
        "rest-json": ("InvalidNextTokenException", 400),
        "query": ("InvalidNextToken", 400),
        "ec2": ("InvalidParameterValue", 400),
        "rest-xml": ("InvalidArgument", 400),
    },
    "unrecognized": {
        "json": ("UnrecognizedClientException", 400),
        "rest-json": ("UnrecognizedClientException", 403),
        "query": ("InvalidClientTokenId", 403),
        "ec2": ("AuthFailure", 401),
        "rest-xml": ("InvalidAccessKeyId", 403),
    },
    "unserved": {
        "json": ("UnknownOperationException", 400),
        "rest-json": ("UnknownOperationException", 404),
        "query": ("InvalidAction", 400),
        "ec2": ("InvalidAction", 400),
        "rest-xml": ("MethodNotAllowed", 405),
    },
    "unsigned": {
        "json": ("MissingAuthenticationTokenException", 400),
        "rest-json": ("MissingAuthenticationTokenException", 403),
        "query": ("MissingAuthenticationToken", 403),
        "ec2": ("MissingAuthenticationToken", 403),
        "rest-xml": ("AccessDenied", 403),
    },
}


def refusal(kind: Kind, protocol: str, message: str, *, status: int | None = None) -> ServiceError:
    """The error of a kind, spelled as a protocol's services spell it; `status` overrides the usual one."""
    code, usual = _SPELLINGS[kind][protocol]
    return ServiceError(code, message, usual if status is None else status)
