"""AWS Lambda: functions, their versions and aliases, how their runtimes are updated, and the layer they share."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from typing import Any

from patchlib.sandbox.endpoint import Call, Handler, ServiceError
from patchlib.sandbox.handlers.listing import described, listed
from patchlib.sandbox.world.calendars import to_datetime
from patchlib.sandbox.world.containers import image_digest
from patchlib.sandbox.world.estate import Estate
from patchlib.sandbox.world.functions import LATEST, Function, functions, layer_versions

__all__ = ["handlers"]


def handlers(estate: Estate) -> dict[str, Handler]:
    """The operations of AWS Lambda over one estate."""
    every = listed("lambda_function", estate, _versions, by={"FunctionVersion": "_asked"})
    latest = listed("lambda_function", estate, _latest)
    aliases = listed("lambda_alias", estate, _aliases, by={"FunctionName": "_function"})
    layers = listed("lambda_layer_version", estate, _layer_versions, by={"LayerName": "_layer"})
    return {
        "ListFunctions": lambda call: (every if "FunctionVersion" in call.params else latest)(call),
        "ListAliases": _known(estate, "FunctionName", _function_names, aliases),
        "GetRuntimeManagementConfig": described(
            "lambda_runtime_management", estate, _managements, by={"FunctionName": "_function"}, missing=_no_function
        ),
        "ListLayers": listed("lambda_layer", estate, _layers),
        "ListLayerVersions": _known(estate, "LayerName", _layer_names, layers),
    }


def _known(estate: Estate, parameter: str, names: Callable[[Estate, str, str], set[str]], handler: Handler) -> Handler:
    """The handler, where the named thing exists."""

    def answering(call: Call) -> dict[str, Any]:
        if call.params[parameter] not in names(estate, call.account_id, call.region):
            raise _missing(call, call.params[parameter])
        return handler(call)

    return answering


def _missing(call: Call, name: str) -> ServiceError:
    kind = "Layer" if call.operation == "ListLayerVersions" else "Function"
    arn = name if name.startswith("arn:") else _arn(call.account_id, call.region, "function", name)
    return ServiceError("ResourceNotFoundException", f"{kind} not found: {arn}", 404)


def _no_function(call: Call) -> ServiceError:
    return _missing(call, call.params["FunctionName"])


def _arn(account_id: str, region: str, kind: str, name: str) -> str:
    return f"arn:aws:lambda:{region}:{account_id}:{kind}:{name}"


def _function_names(estate: Estate, account_id: str, region: str) -> set[str]:
    return {each.name for each in functions(account_id, region, estate.as_of)}


def _layer_names(estate: Estate, account_id: str, region: str) -> set[str]:
    return {row["LayerArn"] for row in _layers(estate, account_id, region)}


def _text(seconds: int) -> str:
    """An instant as Lambda writes it."""
    return f"{to_datetime(seconds):%Y-%m-%dT%H:%M:%S}.000+0000"


def _latest(estate: Estate, account_id: str, region: str) -> Iterator[dict[str, Any]]:
    for each in functions(account_id, region, estate.as_of):
        if each.version == LATEST:
            yield _function(estate, account_id, region, each)


def _versions(estate: Estate, account_id: str, region: str) -> Iterator[dict[str, Any]]:
    for each in functions(account_id, region, estate.as_of):
        row = _function(estate, account_id, region, each)
        # In this listing the ARN says which version it is, also of the latest.
        yield row | {"FunctionArn": f"{row['FunctionArn']}:{each.version}", "_asked": "ALL"}


def _function(estate: Estate, account_id: str, region: str, function: Function) -> dict[str, Any]:
    name = function.name
    row: dict[str, Any] = {
        "FunctionName": name,
        "FunctionArn": _arn(account_id, region, "function", name),
        "Role": f"arn:aws:iam::{account_id}:role/{name}-role",
        "CodeSize": estate.draws.between(40_000, 4_000_000, "code", account_id, name),
        "Description": "",
        "Timeout": 30,
        "MemorySize": 512,
        "LastModified": _text(function.deployed_at),
        "Version": function.version,
        "TracingConfig": {"Mode": "PassThrough"},
        "RevisionId": estate.draws.uuid("revision", account_id, name, function.version),
        "Architectures": ["x86_64"],
        "EphemeralStorage": {"Size": 512},
        "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
        "Environment": {"Variables": {"STAGE": "production"}},
        "LoggingConfig": {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{name}"},
    }
    if function.repository:
        digest = image_digest(estate.draws, account_id, function.repository, function.build)
        # Of an image the hash of the code is its digest, in hexadecimal digits.
        return row | {"PackageType": "Image", "CodeSize": 0, "CodeSha256": digest.removeprefix("sha256:")}
    code = bytes.fromhex(estate.draws.hexadecimal(32, "code", account_id, name, function.runtime) * 2)
    row |= {
        "PackageType": "Zip",
        "Runtime": function.runtime,
        "Handler": "index.handler" if function.runtime.startswith("nodejs") else "main.handler",
        "CodeSha256": base64.b64encode(code).decode(),
    }
    if function.layer:
        [layer] = [each for each in layer_versions(account_id, region, estate.as_of) if each.number == function.layer]
        arn = _arn(account_id, region, "layer", f"{layer.name}:{layer.number}")
        row["Layers"] = [{"Arn": arn, "CodeSize": 1_400_000 + layer.number}]
    return row


def _aliases(estate: Estate, account_id: str, region: str) -> Iterator[dict[str, Any]]:
    for each in functions(account_id, region, estate.as_of):
        if each.alias:
            yield {
                "_function": each.name,
                "AliasArn": _arn(account_id, region, "function", f"{each.name}:{each.alias}"),
                "Name": each.alias,
                "FunctionVersion": each.version,
                "Description": "",
                "RevisionId": estate.draws.uuid("alias", account_id, each.name),
            }


def _managements(estate: Estate, account_id: str, region: str) -> Iterator[dict[str, Any]]:
    for each in functions(account_id, region, estate.as_of):
        if each.version == LATEST:
            arn = _arn(account_id, region, "function", each.name)
            row = {"_function": each.name, "UpdateRuntimeOn": each.updates, "FunctionArn": f"{arn}:{LATEST}"}
            if each.updates == "Manual":
                version = estate.draws.hexadecimal(32, "runtime version", each.runtime) * 2
                row["RuntimeVersionArn"] = f"arn:aws:lambda:{region}::runtime:{version}"
            yield row


def _layers(estate: Estate, account_id: str, region: str) -> Iterator[dict[str, Any]]:
    rows = list(_layer_versions(estate, account_id, region))
    if rows:
        newest = max(rows, key=lambda row: int(row["Version"]))
        shown = {name: value for name, value in newest.items() if not name.startswith("_")}
        arn = newest["_layer"]
        yield {"LayerName": arn.rpartition(":")[2], "LayerArn": arn, "LatestMatchingVersion": shown}


def _layer_versions(estate: Estate, account_id: str, region: str) -> Iterator[dict[str, Any]]:
    for each in reversed(layer_versions(account_id, region, estate.as_of)):
        arn = _arn(account_id, region, "layer", each.name)
        yield {
            "_layer": arn,
            "LayerVersionArn": f"{arn}:{each.number}",
            "Version": each.number,
            "Description": "",
            "CreatedDate": _text(each.published_at),
            "CompatibleRuntimes": ["python3.11", "python3.12", "python3.13"],
        }
