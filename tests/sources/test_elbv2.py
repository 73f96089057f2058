"""Which listings of load balancing follow, and what a listener must not carry to the disk."""

import pytest

from patchlib.sources import Request, source
from patchlib.sources.declaration import scrub
from tests.sources.asking import context


@pytest.mark.parametrize(
    ("name", "needed", "member"),
    [
        ("elbv2_listener", "elbv2_load_balancer", "LoadBalancerArn"),
        ("elbv2_target_health", "elbv2_target_group", "TargetGroupArn"),
    ],
)
def test_one_listing_each(name: str, needed: str, member: str) -> None:
    """One per load balancer, one per target group; one that is gone hides no other."""
    asked = list(source(name).requests(context(**{needed: [{member: "arn:1"}, {member: "arn:2"}]})))
    assert asked == [Request({member: arn}, item=arn) for arn in ("arn:1", "arn:2")]
    assert list(source(name).requests(context(**{needed: []}))) == []


def test_a_listener_carries_no_client_secret() -> None:
    """Signing in at a listener is configured with a secret and free parameters."""
    sign_in = {"ClientId": "c", "ClientSecret": "canary", "AuthenticationRequestExtraParams": {"login": "canary"}}
    action = {"AuthenticateOidcConfig": sign_in, "AuthenticateCognitoConfig": dict(sign_in, ClientSecret="x")}
    page = scrub(source("elbv2_listener"), {"Listeners": [{"DefaultActions": [{"Type": "forward"}, action]}]})
    assert "canary" not in str(page)
    assert page["Listeners"][0]["DefaultActions"][1]["AuthenticateOidcConfig"] == {"ClientId": "c"}
