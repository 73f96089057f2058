"""AWS Lambda: functions with their published versions and aliases, who updates their runtime, and shared layers."""

from __future__ import annotations

from collections.abc import Iterator

from patchlib.sources.declaration import Context, Drop, Request, Scope, Source

__all__ = ["LATEST", "SOURCES"]

# The version that is not published: what an update of the function changes.
LATEST = "$LATEST"


def _with_versions(_context: Context) -> Iterator[Request]:
    yield Request({"FunctionVersion": "ALL"})


def _published(context: Context) -> Iterator[Request]:
    names = {row["FunctionName"] for row in context.rows("lambda_function") if row.get("Version") != LATEST}
    for name in sorted(names):
        yield Request({"FunctionName": name}, item=name)


def _with_runtime(context: Context) -> Iterator[Request]:
    rows = context.rows("lambda_function")
    # The runtime of a container image is part of the image: its owner builds it, and nobody else updates it.
    names = {row["FunctionName"] for row in rows if row.get("PackageType") != "Image"}
    for name in sorted(names):
        yield Request({"FunctionName": name}, item=name)


def _if_any(context: Context) -> Iterator[Request]:
    if context.rows("lambda_function"):
        yield Request()


def _per_layer(context: Context) -> Iterator[Request]:
    for row in context.rows("lambda_layer"):
        yield Request({"LayerName": row["LayerArn"]}, item=row["LayerArn"])


SOURCES = (
    Source(
        name="lambda_function",
        service="lambda",
        operation="ListFunctions",
        scope=Scope.CELL,
        items="Functions[]",
        # "Note that ListFunctions returns a maximum of 50 items in each response" (API reference, read 2026-11-25).
        page_size=50,
        about="functions and their published versions: runtime, layers, and of an image its digest",
        system="Lambda",
        key=("FunctionName", "Version"),
        requests=_with_versions,
        remember=("FunctionName", "Version", "PackageType"),
        # Environment variables; what an image is started with is an argument list like any other.
        drop=(Drop("Functions[].Environment"), Drop("Functions[].ImageConfigResponse")),
        on_nodes=False,
        least="1 per 50 functions and versions together: fewer calls than one listing of versions per function",
    ),
    Source(
        name="lambda_alias",
        service="lambda",
        operation="ListAliases",
        scope=Scope.CELL,
        items="Aliases[]",
        about="aliases of functions: which published version callers reach, however new the function is",
        system="Lambda",
        key=("AliasArn",),
        unit="item",
        request_columns={"function_name": "FunctionName"},
        needs=("lambda_function",),
        requests=_published,
        on_nodes=False,
        least="one call per function that has published versions: the API takes one at a time",
    ),
    Source(
        name="lambda_runtime_management",
        service="lambda",
        operation="GetRuntimeManagementConfig",
        scope=Scope.CELL,
        items="",
        about="who updates a function's runtime: AWS, a deployment of the function, or nobody (pinned)",
        system="Lambda",
        key=("function_name",),
        unit="item",
        request_columns={"function_name": "FunctionName"},
        needs=("lambda_function",),
        requests=_with_runtime,
        # Whoever pins a runtime does so for months, and a call per function is what costs most here.
        refresh_hours=7 * 24.0,
        on_nodes=False,
        least="one call per function that is no image, once a week: the API takes one at a time",
    ),
    Source(
        name="lambda_layer",
        service="lambda",
        operation="ListLayers",
        scope=Scope.CELL,
        items="Layers[]",
        page_size=50,
        about="layers of the account, which functions share",
        system="Lambda",
        key=("LayerArn",),
        needs=("lambda_function",),
        requests=_if_any,
        remember=("LayerArn",),
        on_nodes=False,
        least="1 per 50 layers, and only where there are functions",
    ),
    Source(
        name="lambda_layer_version",
        service="lambda",
        operation="ListLayerVersions",
        scope=Scope.CELL,
        items="LayerVersions[]",
        page_size=50,
        about="versions of layers: how far behind the newest a function is",
        system="Lambda",
        key=("LayerVersionArn",),
        unit="item",
        request_columns={"layer_arn": "LayerName"},
        needs=("lambda_layer",),
        requests=_per_layer,
        on_nodes=False,
        least="one call per layer: the API takes one at a time",
    ),
)
