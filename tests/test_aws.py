"""The door to AWS: credentials, guard and endpoints, without any network."""

import hashlib
from pathlib import Path
from typing import Any

import botocore.awsrequest
import botocore.exceptions
import botocore.session
import orjson
import pytest

from patchlib import shapes
from patchlib.aws import Reader
from patchlib.errors import CallFailed, CredentialsMissing, EndpointUnreachable, OperationRefused
from patchlib.settings import Settings
from patchlib.sources import ALLOWED


def _session(monkeypatch: pytest.MonkeyPatch, **environment: str) -> botocore.session.Session:
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    own = {"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": "/dev/null"}
    for name, value in (own | {"AWS_SHARED_CREDENTIALS_FILE": "/dev/null", "AWS_REGION": "eu-west-1"}).items():
        monkeypatch.setenv(name, value)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return botocore.session.Session()


@pytest.mark.parametrize(
    ("service", "operation", "params"),
    [
        ("ssm", "send_command", {"DocumentName": "AWS-RunPatchBaseline"}),
        ("ec2", "get_password_data", {"InstanceId": "i-0123456789abcdef0"}),
        ("ec2", "terminate_instances", {"InstanceIds": ["i-0123456789abcdef0"]}),
        ("ssm", "get_parameter", {"Name": "secret"}),
    ],
)
def test_what_the_catalogue_does_not_name_never_leaves(
    monkeypatch: pytest.MonkeyPatch, service: str, operation: str, params: dict[str, object]
) -> None:
    """Mutations, and reads that the catalogue does not name, are refused before any network."""
    session = _session(monkeypatch, AWS_ACCESS_KEY_ID="AKIA210000000001TEST", AWS_SECRET_ACCESS_KEY="x")
    Reader(Settings(), ALLOWED, session=session)
    client = session.create_client(service, region_name="eu-west-1", endpoint_url="http://127.0.0.1:9")
    with pytest.raises(OperationRefused):
        getattr(client, operation)(**params)


@pytest.mark.parametrize("service", sorted({service for service, _ in ALLOWED}))
def test_no_other_operation_of_any_service_in_use_can_leave(monkeypatch: pytest.MonkeyPatch, service: str) -> None:
    """Every operation that botocore knows of the services in use: what the catalogue does not name is refused."""
    session = _session(monkeypatch, AWS_ACCESS_KEY_ID="AKIA210000000001TEST", AWS_SECRET_ACCESS_KEY="x")
    Reader(Settings(), ALLOWED, session=session)
    emitter = session.get_component("event_emitter")
    refused = set()
    model = shapes.service_model(service)
    for operation in model.operation_names:
        try:
            # The event that botocore emits before every call, without the hooks of single operations beside it.
            emitter.emit(
                "before-call", model=model.operation_model(operation), params={}, request_signer=None, context={}
            )
        except OperationRefused:
            refused.add(operation)
    assert set(model.operation_names) - refused == {operation for name, operation in ALLOWED if name == service}
    assert refused


def test_no_credentials_is_said_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without credentials the first question ends in one line."""
    reader = Reader(Settings(), ALLOWED, session=_session(monkeypatch))
    with pytest.raises(CredentialsMissing, match="AWS_PROFILE"):
        reader.caller()


def test_a_misspelt_profile_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """A profile that does not exist ends in one line."""
    with pytest.raises(CredentialsMissing, match="nobody"):
        Reader(Settings(), ALLOWED, session=_session(monkeypatch, AWS_PROFILE="nobody")).caller()


def test_an_endpoint_that_is_down_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """No answer at all ends in one line that names what to check."""
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _seconds: None)
    session = _session(
        monkeypatch,
        AWS_ACCESS_KEY_ID="AKIA210000000001TEST",
        AWS_SECRET_ACCESS_KEY="x",
        AWS_ENDPOINT_URL="http://127.0.0.1:9",
    )
    with pytest.raises(EndpointUnreachable, match="AWS_ENDPOINT_URL"):
        Reader(Settings(), ALLOWED, session=session).caller()


_PROFILE = """
[profile sso]
sso_session = home
sso_account_id = 210000000001
sso_role_name = Reader
[sso-session home]
sso_region = eu-west-1
sso_start_url = https://example.awsapps.com/start
[profile web]
role_arn = arn:aws:iam::210000000001:role/Reader
web_identity_token_file = {token}
"""


@pytest.mark.parametrize(
    ("profile", "asked"), [("sso", "/federation/credentials"), ("web", "Action=AssumeRoleWithWebIdentity")]
)
def test_the_usual_chain_may_ask_for_its_credentials(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, profile: str, asked: str
) -> None:
    """IAM Identity Center and web identities get their credentials past the guard."""
    (tmp_path / "token").write_text("token", encoding="utf-8")
    (tmp_path / "config").write_text(_PROFILE.format(token=tmp_path / "token"), encoding="utf-8")
    cache = tmp_path / ".aws" / "sso" / "cache" / f"{hashlib.sha1(b'home').hexdigest()}.json"
    cache.parent.mkdir(parents=True)
    cache.write_bytes(orjson.dumps({"accessToken": "t", "expiresAt": "2099-01-01T00:00:00Z"}))
    monkeypatch.setattr("botocore.tokens.SSOTokenProvider._SSO_TOKEN_CACHE_DIR", str(cache.parent))
    monkeypatch.setattr("botocore.credentials.SSOProvider._SSO_TOKEN_CACHE_DIR", str(cache.parent))
    session = _session(monkeypatch, AWS_PROFILE=profile, AWS_CONFIG_FILE=str(tmp_path / "config"))
    sent: list[str] = []

    def refuse(request: botocore.awsrequest.AWSPreparedRequest, **_: Any) -> None:
        sent.append(f"{request.url} {request.body!r}")
        raise botocore.exceptions.EndpointConnectionError(endpoint_url=request.url)

    session.register("before-send", refuse)
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _seconds: None)
    with pytest.raises((EndpointUnreachable, CredentialsMissing)):
        Reader(Settings(), ALLOWED, session=session).caller()
    assert asked in sent[0]


def test_an_endpoint_of_one_service_that_is_not_aws_is_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    """AWS_ENDPOINT_URL_SSM leads one service elsewhere while STS stays AWS's: the reader knows, the store refuses."""
    session = _session(
        monkeypatch,
        AWS_ACCESS_KEY_ID="AKIA210000000001TEST",
        AWS_SECRET_ACCESS_KEY="x",
        AWS_ENDPOINT_URL_SSM="http://127.0.0.1:9",
    )
    reader = Reader(Settings(), ALLOWED, session=session)
    with pytest.raises(CallFailed):
        reader.call("210000000001", "eu-west-1", "ssm", "DescribePatchGroups", {})
    assert reader.foreign_endpoints == {"http://127.0.0.1:9"}


_KEYS = {"AWS_ACCESS_KEY_ID": "AKIA210000000001TEST", "AWS_SECRET_ACCESS_KEY": "x"}


@pytest.mark.parametrize(
    ("settings", "home"),
    [
        (Settings(), "us-east-1"),
        (Settings(regions=("cn-northwest-1",)), "cn-north-1"),
        (Settings(regions=("us-gov-east-1",)), "us-gov-west-1"),
        (Settings(regions=("eu-west-1",)), "us-east-1"),
        (Settings(regions=("us-gov-east-1",), home_region="us-gov-east-1"), "us-gov-east-1"),
    ],
)
def test_the_home_region_is_in_the_partition_that_is_read(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, home: str
) -> None:
    """Without a Region anywhere, one of the partition of the Regions to read; a Region that is named stands."""
    session = _session(monkeypatch, **_KEYS)
    monkeypatch.delenv("AWS_REGION")
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    assert Reader(settings, ALLOWED, session=session).home_region == home


def _client(monkeypatch: pytest.MonkeyPatch, service: str, region: str, **environment: str) -> Any:
    reader = Reader(Settings(), ALLOWED, session=_session(monkeypatch, **_KEYS, **environment))
    client = reader._client("", region, service)
    assert not reader.foreign_endpoints
    return client


@pytest.mark.parametrize(
    ("service", "region", "endpoint", "environment"),
    [
        ("ssm", "us-east-1", "https://ssm.us-east-1.amazonaws.com", {}),
        # Tokens of STS's global endpoint are not good in Regions that are opted into.
        ("sts", "eu-west-1", "https://sts.eu-west-1.amazonaws.com", {"AWS_STS_REGIONAL_ENDPOINTS": "legacy"}),
        ("sts", "ap-east-1", "https://sts.ap-east-1.amazonaws.com", {}),
        ("sts", "cn-north-1", "https://sts.cn-north-1.amazonaws.com.cn", {}),
        ("ssm", "us-east-1", "https://ssm-fips.us-east-1.amazonaws.com", {"AWS_USE_FIPS_ENDPOINT": "true"}),
        ("ec2", "us-west-2", "https://ec2-fips.us-west-2.amazonaws.com", {"AWS_USE_FIPS_ENDPOINT": "true"}),
        ("sts", "us-east-1", "https://sts-fips.us-east-1.amazonaws.com", {"AWS_USE_FIPS_ENDPOINT": "true"}),
        ("ssm", "us-gov-west-1", "https://ssm.us-gov-west-1.amazonaws.com", {"AWS_USE_FIPS_ENDPOINT": "true"}),
        ("ec2", "eu-west-1", "https://ec2.eu-west-1.api.aws", {"AWS_USE_DUALSTACK_ENDPOINT": "true"}),
    ],
)
def test_endpoints_follow_the_usual_switches_and_are_awss(
    monkeypatch: pytest.MonkeyPatch, service: str, region: str, endpoint: str, environment: dict[str, str]
) -> None:
    """FIPS and dual-stack endpoints are botocore's to choose, and count as AWS's own."""
    assert _client(monkeypatch, service, region, **environment).meta.endpoint_url == endpoint


def test_proxies_and_private_authorities_are_honoured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """HTTPS_PROXY, NO_PROXY and AWS_CA_BUNDLE reach the connection, although the reader brings a config of its own."""
    bundle = tmp_path / "authority.pem"
    bundle.write_text("", encoding="utf-8")
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    client = _client(
        monkeypatch,
        "ssm",
        "us-east-1",
        HTTPS_PROXY="http://proxy.example:3128",
        NO_PROXY="sts.us-east-1.amazonaws.com",
        AWS_CA_BUNDLE=str(bundle),
    )
    http = client._endpoint.http_session
    assert http._proxy_config.proxy_url_for("https://ssm.us-east-1.amazonaws.com") == "http://proxy.example:3128"
    assert http._verify == str(bundle)
    direct = _client(
        monkeypatch, "sts", "us-east-1", HTTPS_PROXY="http://proxy.example:3128", NO_PROXY=".amazonaws.com"
    )
    assert direct._endpoint.http_session._proxy_config.proxy_url_for(direct.meta.endpoint_url) is None


def test_the_sdks_common_variable_names_the_home_region(monkeypatch: pytest.MonkeyPatch) -> None:
    """AWS_REGION counts, as for every other SDK; botocore alone reads AWS_DEFAULT_REGION only."""
    session = _session(monkeypatch, AWS_REGION="eu-north-1", AWS_DEFAULT_REGION="eu-west-3")
    assert Reader(Settings(), ALLOWED, session=session).home_region == "eu-north-1"
    assert Reader(Settings(home_region="eu-west-2"), ALLOWED, session=session).home_region == "eu-west-2"
