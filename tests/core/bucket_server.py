"""An S3-compatible server (moto) on a loopback port, that checks signatures and who may do what."""

import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from pydantic import SecretStr

from core.settings import Settings
from tests.journeys.town import free_port

BUCKET = "attachments"
_SERVER = """
import sys
from moto.server import main
main(["-H", "127.0.0.1", "-p", sys.argv[1]])
"""
# The first calls are let in without a signature: they make the account that the others need.
_OPEN = 4
_MAY_ALL = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
)


@dataclass(frozen=True)
class BucketServer:
    url: str
    key: str
    secret: str

    def settings(self, settings: Settings, **changes: object) -> Settings:
        """Settings with which files go to a bucket here."""
        told = {
            "file_storage": f"s3://{BUCKET}/files",
            "s3_endpoint": self.url,
            "s3_access_key_id": self.key,
            "s3_secret_access_key": SecretStr(self.secret),
        }
        return settings.model_copy(update={**told, **changes})


@contextmanager
def running_bucket_server() -> Iterator[BucketServer]:
    """The server with an empty bucket, and one account that may use it."""
    import boto3  # type: ignore[import-untyped]  # the library has no types

    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environment = {"INITIAL_NO_AUTH_ACTION_COUNT": str(_OPEN)}
    server = subprocess.Popen(
        [sys.executable, "-c", _SERVER, str(port)],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait(server, url)
        known = {
            "endpoint_url": url, "region_name": "us-east-1",
            "aws_access_key_id": "nobody", "aws_secret_access_key": "nothing",
        }  # fmt: skip
        iam = boto3.client("iam", **known)
        iam.create_user(UserName="throughline")
        iam.put_user_policy(UserName="throughline", PolicyName="all", PolicyDocument=_MAY_ALL)
        account = iam.create_access_key(UserName="throughline")["AccessKey"]
        boto3.client("s3", **known).create_bucket(Bucket=BUCKET)
        yield BucketServer(url, account["AccessKeyId"], account["SecretAccessKey"])
    finally:
        server.terminate()
        server.wait(20)


def _wait(server: subprocess.Popen[bytes], url: str) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/moto-api/", timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("moto did not start")
