"""What is asked of Lambda: one listing of all versions, and further calls only where they can tell something."""

from patchlib.sources import Request, source
from patchlib.sources.declaration import scrub
from tests.sources.asking import context

LATEST = {"FunctionName": "zip", "Version": "$LATEST", "PackageType": "Zip"}
PUBLISHED = {"FunctionName": "zip", "Version": "1", "PackageType": "Zip"}
IMAGE = {"FunctionName": "image", "Version": "$LATEST", "PackageType": "Image"}
# Before there were images there was no package type.
OLD = {"FunctionName": "old", "Version": "$LATEST"}


def test_versions_come_with_the_listing_of_functions() -> None:
    """A listing per function would cost a call each."""
    assert list(source("lambda_function").requests(context())) == [Request({"FunctionVersion": "ALL"})]


def test_aliases_are_asked_of_functions_with_published_versions() -> None:
    """Once each; where nothing is published, an alias can only point to what is there anyway."""
    rows = [LATEST, PUBLISHED, PUBLISHED | {"Version": "2"}, IMAGE]
    asked = list(source("lambda_alias").requests(context(lambda_function=rows)))
    assert asked == [Request({"FunctionName": "zip"}, item="zip")]


def test_runtimes_are_asked_of_functions_that_have_one() -> None:
    """Once each, weekly; an image brings its own runtime."""
    of = source("lambda_runtime_management")
    asked = list(of.requests(context(lambda_function=[LATEST, PUBLISHED, IMAGE, OLD])))
    assert [request.item for request in asked] == ["old", "zip"]
    assert of.refresh_hours == 7 * 24


def test_layers_are_listed_where_there_are_functions() -> None:
    """And the versions of each layer by its ARN."""
    layers, versions = source("lambda_layer"), source("lambda_layer_version")
    assert list(layers.requests(context(lambda_function=[]))) == []
    assert list(layers.requests(context(lambda_function=[LATEST, IMAGE]))) == [Request()]
    asked = list(versions.requests(context(lambda_layer=[{"LayerArn": "arn:l"}])))
    assert asked == [Request({"LayerName": "arn:l"}, item="arn:l")]


def test_functions_need_no_node() -> None:
    """So a cell without nodes is asked too."""
    assert not source("lambda_function").on_nodes


def test_no_environment_and_no_start_command_reach_the_disk() -> None:
    """Passwords stand in environment variables, and in the arguments of an image."""
    function = {
        "FunctionName": "f",
        "Environment": {"Variables": {"PASSWORD": "canary"}},
        "ImageConfigResponse": {"ImageConfig": {"Command": ["--password", "canary"]}},
    }
    page = scrub(source("lambda_function"), {"Functions": [function]})
    assert page == {"Functions": [{"FunctionName": "f"}]}
