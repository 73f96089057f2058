"""The sandbox as a process of its own: what `extract --sandbox` and `demo` talk to over HTTP."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from patchlib.errors import EndpointUnreachable

__all__ = ["caller_environment", "running"]

# Everything in the environment that would lead botocore away from the loopback endpoint, or let a real
# account's credentials near it.
_NOWHERE = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}


def caller_environment(url: str, account_id: str, region: str) -> dict[str, str]:
    """Environment of a caller in one account of the sandbox organisation; the keys are no secret."""
    return _NOWHERE | {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": f"ASIA{account_id}DEMO",
        "AWS_SECRET_ACCESS_KEY": "sandbox",
        "AWS_SESSION_TOKEN": "sandbox",
        "AWS_REGION": region,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


@contextmanager
def running(arguments: list[str]) -> Iterator[dict[str, str]]:
    """`patchlib sandbox` with these arguments; yields the environment that reaches it.

    Raises EndpointUnreachable when it does not start.
    """
    command = [sys.executable, "-m", "patchlib", "sandbox", "--attached", *arguments]
    # A session of its own, so that an interrupt in the terminal does not take the endpoint away from a run that is
    # still writing its last pages; it ends when its standard input closes.
    with subprocess.Popen(  # noqa: S603
        command, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        try:
            stdout = process.stdout
            line = stdout.readline() if stdout else ""
            if not line.strip():
                raise EndpointUnreachable(
                    "the sandbox organisation did not start",
                    where=" ".join(arguments),
                    next_step="Run `patchlib sandbox` by hand to see why.",
                )
            url, account_id, region = line.split()
            yield caller_environment(url, account_id, region)
        finally:
            process.terminate()
