"""One operation on the wire: its request read, its answer and its errors written, for every AWS protocol.

The protocol is the one botocore resolves for the service, so that client and endpoint cannot disagree.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import botocore.model
import orjson

from patchlib import shapes
from patchlib.sandbox import protocol_json, protocol_query, protocol_rest, protocol_xml
from patchlib.sandbox.protocol_rest import Request
from patchlib.sandbox.refusals import ServiceError
from patchlib.sandbox.scalars import Mismatch

__all__ = ["Answer", "Codec", "codec", "protocol_of", "write_error"]

# (status, headers, body)
Answer = tuple[int, dict[str, str], bytes]

_PROTOCOLS = frozenset({"json", "query", "ec2", "rest-json", "rest-xml"})
_XML = "text/xml;charset=UTF-8"
_BODY_TYPES = {"blob", "string"}


def protocol_of(service: str) -> str:
    """The protocol that botocore would speak with a service.

    Raises ValueError for one that the sandbox does not speak.
    """
    resolved = str(shapes.service_model(service).resolved_protocol)
    if resolved not in _PROTOCOLS:
        raise ValueError(f"the sandbox does not speak {resolved}, the protocol of {service}")
    return resolved


@cache
def codec(service: str, operation: str) -> Codec:
    """The one codec of an operation."""
    return Codec(shapes.operation_model(service, operation), protocol_of(service))


class Codec:
    """Reads an operation's requests and writes its answers. Raises Mismatch for what does not fit the model."""

    def __init__(self, operation: botocore.model.OperationModel, protocol: str) -> None:
        if operation.has_event_stream_input or operation.has_event_stream_output:
            raise ValueError(f"the sandbox does not serve event streams ({operation.name})")
        self.operation = operation
        self.protocol = protocol
        self._is_rest = protocol.startswith("rest-")
        self._is_json = protocol.endswith("json")
        self._input, self._output = operation.input_shape, operation.output_shape
        self._decode = protocol_json.decoder(self._input) if self._is_json and self._input else None
        self._sent, tag = _body_shape(self._output)
        self._encode: Any = None
        if self._sent is not None and self._sent.type_name not in _BODY_TYPES:
            self._encode = _encoder(self._sent, tag, protocol)

    def read(self, request: Request, labels: dict[str, str]) -> dict[str, Any]:
        """The parameters of a request as Python values; `labels` are those of a REST path."""
        if self._is_rest:
            return self._read_rest(request, labels)
        if self._is_json:
            return self._read_json(request.body)
        fields = protocol_query.form_fields(request.body) if request.body else dict(request.query)
        return protocol_query.read_form(fields, self._input, ec2=self.protocol == "ec2")

    def _read_json(self, body: bytes) -> dict[str, Any]:
        if self._decode is None:
            return {}
        read: dict[str, Any] = self._decode(_json_document(body))
        return read

    def _read_rest(self, request: Request, labels: dict[str, str]) -> dict[str, Any]:
        bound = protocol_rest.read_bound(self.operation, request, labels)
        sent, _ = _body_shape(self._input)
        if not request.body or sent is None:
            return bound
        payload = self._input.serialization.get("payload")
        if payload and sent.type_name in _BODY_TYPES:
            return bound | {payload: request.body if sent.type_name == "blob" else request.body.decode()}
        if not self._is_json:
            raise Mismatch("XML request bodies are not read: no operation that the sandbox serves has one")
        if payload:
            return bound | {payload: protocol_json.decoder(sent)(_json_document(request.body))}
        return bound | self._read_json(request.body)

    def write(self, result: dict[str, Any], request_id: str) -> Answer:
        """The answer that carries a handler's result."""
        if not isinstance(result, dict):
            raise Mismatch(f"{result!r:.80} is not an answer of {self.operation.name}")
        status, rest = self.operation.http.get("responseCode", 200), result
        headers: dict[str, str] = {}
        if self._output is None:
            if result:
                raise Mismatch(f"{self.operation.name} has no output, so no {next(iter(result))!r} either")
        elif self._is_rest:
            of_member, headers, rest = protocol_rest.write_headers(self._output, result)
            status = of_member or status
        body = self._write_body(rest, request_id)
        return status, self._headers(request_id) | headers, body

    def _headers(self, request_id: str) -> dict[str, str]:
        if self._is_json:
            version = self.operation.metadata.get("jsonVersion", "1.1")
            content = "application/json" if self._is_rest else f"application/x-amz-json-{version}"
            return {"Content-Type": content, "x-amzn-RequestId": request_id}
        return {"Content-Type": _XML, "x-amz-request-id": request_id}

    def _write_body(self, rest: dict[str, Any], request_id: str) -> bytes:
        payload = self._output.serialization.get("payload") if self._is_rest and self._output else None
        if payload:
            extra = sorted(rest.keys() - {payload})
            if extra:
                raise Mismatch(f"{self.operation.name} has no member {extra[0]!r}")
            return self._write_payload(payload, rest.get(payload))
        if self._is_json:
            return orjson.dumps(self._encode(rest)) if self._encode else b"{}"
        inside = self._encode(rest) if self._encode else ""
        if self.protocol == "rest-xml":
            tag = (self._output and self._output.serialization.get("name")) or f"{self.operation.name}Result"
            return f"<{tag}>{inside}</{tag}>".encode()
        return self._wrap(inside, request_id).encode()

    def _write_payload(self, member: str, value: Any) -> bytes:
        if value is None:
            return b""
        if self._encode is None:
            if not isinstance(value, str | bytes):
                raise Mismatch(f"{value!r:.80} is neither text nor bytes").within(member)
            return value.encode() if isinstance(value, str) else value
        try:
            encoded = self._encode(value)
        except Mismatch as mismatch:
            raise mismatch.within(member) from None
        return orjson.dumps(encoded) if self._is_json else encoded.encode()

    def _wrap(self, inside: str, request_id: str) -> str:
        name, namespace = self.operation.name, self.operation.metadata.get("xmlNamespace", "")
        if self.protocol == "ec2":
            body = f"<requestId>{request_id}</requestId>{inside}"
        else:
            wrapper = self._output.serialization.get("resultWrapper") if self._output else None
            body = f"<{wrapper}>{inside}</{wrapper}>" if wrapper else inside
            body += f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata>"
        return f'<{name}Response xmlns="{namespace}">{body}</{name}Response>'


def _body_shape(shape: Any) -> tuple[Any, str]:
    """What of a shape travels in the body, and its XML element name: its payload member, or the whole."""
    payload = shape.serialization.get("payload") if shape is not None else None
    if not payload:
        return shape, ""
    member = shape.members[payload]
    return member, member.serialization.get("name", payload)


def _encoder(shape: Any, tag: str, protocol: str) -> Any:
    if protocol.endswith("json"):
        return protocol_json.encoder(shape)
    return protocol_xml.writer(shape, tag) if tag else protocol_xml.members_writer(shape)


def _json_document(body: bytes) -> Any:
    try:
        return orjson.loads(body or b"{}")
    except orjson.JSONDecodeError as error:
        raise Mismatch(f"the request is not JSON: {error}") from error


def write_error(protocol: str, error: ServiceError, request_id: str) -> Answer:
    """An error as a protocol's services send it."""
    if protocol.endswith("json"):
        named = {"__type": error.code} if protocol == "json" else {}
        headers = {"Content-Type": "application/json", "x-amzn-RequestId": request_id, "x-amzn-ErrorType": error.code}
        return error.status, headers, orjson.dumps(named | {"message": error.message})
    code, message = protocol_xml.escape(error.code), protocol_xml.escape(error.message)
    fault = f"<Code>{code}</Code><Message>{message}</Message>"
    if protocol == "ec2":
        body = f"<Response><Errors><Error>{fault}</Error></Errors><RequestID>{request_id}</RequestID></Response>"
    elif protocol == "query":
        side = "Sender" if error.status < 500 else "Receiver"
        body = f"<Error><Type>{side}</Type>{fault}</Error><RequestId>{request_id}</RequestId>"
        body = f"<ErrorResponse>{body}</ErrorResponse>"
    else:
        body = f"<Error>{fault}<RequestId>{request_id}</RequestId></Error>"
    return error.status, {"Content-Type": _XML, "x-amz-request-id": request_id}, body.encode()
