"""A local AWS account: ministack as a supervised process, in an environment of its own because it pins botocore.

It keeps its state (buckets, tables, queues, deployed stacks) in a folder when it is stopped, and reads it when it
starts. It enforces IAM: a function may do what its role allows, nothing more.
"""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from local.errors import LocalStackError
from local.processes import LOOPBACK, Process, is_free, responds

ACCOUNT_ID = "000000000000"

# ministack's root user: allowed everything, its signatures are not checked. No secrets, hence written here.
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}

# What `cdk bootstrap` leaves behind and `cdk deploy` asks for. Its roles are left out: the command line then uses the
# credentials that it was started with, and a start is some seconds shorter.
BOOTSTRAP_QUALIFIER = "hnb659fds"
BOOTSTRAP_VERSION = "31"

# Read by `ministack_server.py`, which cannot import this module.
LONGEST_DELAY = "ALTO_LOCAL_LONGEST_DELAY"

# The parent's variables that a server needs; everything else (profiles, credentials, proxies, certificates) stays out
# of it, and out of the functions, which inherit its environment.
INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TZ")


def aws_client(service: str, endpoint: str, region: str) -> Any:
    """A boto3 client of a service in the local account at `endpoint`."""
    # The type stubs have one overload per service's name, and this takes any name.
    make_client: Callable[..., Any] = boto3.client
    return make_client(
        service,
        endpoint_url=endpoint,
        region_name=region,
        aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        # Nothing on the loopback interface is reached through a proxy, also if the environment names one.
        config=Config(s3={"addressing_style": "path"}, proxies={}),
    )


class LocalAccount:
    """One AWS account in one region on the loopback interface."""

    def __init__(
        self,
        folder: Path,
        log: Path,
        port: int,
        region: str,
        services: dict[str, str],
        *,
        concurrency: int | None = None,
        longest_delay: int | None = None,
    ) -> None:
        """`services` names, as `{"BEDROCK_RUNTIME": url}`, the services that functions find elsewhere.

        concurrency: the most executions of Lambda at once, as 10 in many new accounts. By default as many as this
        machine can run. longest_delay: the most seconds by which a message is delayed; by default what its sender says.
        """
        self.port = port
        self.region = region
        self.endpoint = f"http://{LOOPBACK}:{port}"
        self._folder = folder
        self._log = log
        environment = {name: os.environ[name] for name in INHERITED if name in os.environ}
        environment |= {f"AWS_ENDPOINT_URL_{name}": url for name, url in services.items()}
        environment |= {
            "AWS_EC2_METADATA_DISABLED": "true",
            "PYTHONNOUSERSITE": "1",
            "BIND_HOST": LOOPBACK,
            "GATEWAY_PORT": str(port),
            "MINISTACK_ACCOUNT_ID": ACCOUNT_ID,
            "MINISTACK_REGION": region,
            "AUTH": "true",
            "PERSIST_STATE": "1",
            "STATE_DIR": str(folder / "services"),
            "S3_PERSIST": "1",
            "S3_DATA_DIR": str(folder / "s3"),
            "TMPDIR": str(folder / "tmp"),
            # Listeners on ports of their own that nothing here uses.
            "SFTP_ENABLED": "0",
            "IOT_MTLS_ENABLED": "0",
        }
        if concurrency is not None:
            environment["LAMBDA_ACCOUNT_CONCURRENCY"] = str(concurrency)
        if longest_delay is not None:
            environment[LONGEST_DELAY] = str(longest_delay)
        self._environment = environment
        self._process: Process | None = None

    def start(self, python: Path) -> Process:
        """Starts the account by the Python that has ministack, and waits until it responds; raises LocalStackError."""
        if not is_free(self.port):
            raise LocalStackError(
                f"port {self.port}, which the local AWS account has in its state, is taken: "
                "stop its owner, or run `make clean` to start with an empty account on another port"
            )
        # Unpacked functions of an earlier run.
        shutil.rmtree(self._folder / "tmp", ignore_errors=True)
        (self._folder / "tmp").mkdir(parents=True)
        self._process = Process(
            "The local AWS account (ministack)",
            # -P: this folder is ours, its modules are not for ministack.
            [str(python), "-P", str(Path(__file__).with_name("ministack_server.py"))],
            self._log,
            environment=self._environment,
            folder=self._folder,
        )
        self._process.start()
        self._process.wait_until(lambda: responds(f"{self.endpoint}/_ministack/health"), seconds=60)
        return self._process

    def stop(self) -> None:
        """Stops the account; it writes its state first."""
        if self._process:
            self._process.stop(grace=30)
        shutil.rmtree(self._folder / "tmp", ignore_errors=True)

    def client(self, service: str) -> Any:
        """A boto3 client of a service in this account."""
        return aws_client(service, self.endpoint, self.region)

    def bootstrap(self) -> None:
        """Makes the account ready for `cdk deploy`; does nothing in an account that is."""
        bucket = f"cdk-{BOOTSTRAP_QUALIFIER}-assets-{ACCOUNT_ID}-{self.region}"
        s3 = self.client("s3")
        if bucket not in {each["Name"] for each in s3.list_buckets()["Buckets"]}:
            place = {} if self.region == "us-east-1" else {"LocationConstraint": self.region}
            s3.create_bucket(Bucket=bucket, **({"CreateBucketConfiguration": place} if place else {}))
        self.client("ssm").put_parameter(
            Name=f"/cdk-bootstrap/{BOOTSTRAP_QUALIFIER}/version", Value=BOOTSTRAP_VERSION, Type="String", Overwrite=True
        )
