"""The door to AWS: instants, states and guard, without any network."""

from datetime import UTC, datetime

import botocore.session
import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchlib.aws import Reader, failure_state, iso_instant
from patchlib.errors import CredentialsMissing, EndpointUnreachable, OperationRefused
from patchlib.settings import Settings
from patchlib.sources import ALLOWED


@pytest.mark.parametrize(
    ("wire", "instant"),
    [
        (1793599200, "2026-11-02T06:00:00Z"),
        (1793599200.25, "2026-11-02T06:00:00.250000Z"),
        ("1793599200", "2026-11-02T06:00:00Z"),
        ("2026-11-02T06:00:00.000Z", "2026-11-02T06:00:00Z"),
        ("2026-11-02T08:00:00+02:00", "2026-11-02T06:00:00Z"),
        ("Mon, 02 Nov 2026 06:00:00 GMT", "2026-11-02T06:00:00Z"),
        ("2026-11-02T06:00:00", "2026-11-02T06:00:00Z"),
    ],
)
def test_every_spelling_of_an_instant_becomes_one(wire: object, instant: str) -> None:
    """Epoch numbers, ISO texts and HTTP dates all become naive UTC in ISO form."""
    assert iso_instant(wire) == instant


@given(st.datetimes(datetime.fromisoformat("1990-01-01"), datetime.fromisoformat("2090-01-01")))
def test_instants_agree_with_botocores_own_parser(moment: datetime) -> None:
    """The fast parser gives what botocore's slow one gives."""
    import botocore.utils

    text = moment.replace(tzinfo=UTC).isoformat()
    expected = botocore.utils.parse_timestamp(text).astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"
    assert iso_instant(text) == expected


def test_error_codes_have_a_state() -> None:
    """Codes of denial, closed Regions, throttling and vanished items are told apart; others are errors."""
    codes = ["AccessDeniedException", "OptInRequired", "ThrottlingException", "InvalidInstanceId", "InternalError"]
    assert [failure_state(code) for code in codes] == ["denied", "disabled", "throttled", "gone", "error"]


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
