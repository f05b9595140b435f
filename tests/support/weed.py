"""A real S3 server for a test: SeaweedFS out of its wheel, with keys, rights and conditional puts of its own."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from services.gateways.bucket import Bucket, BucketLogin
from services.imports.vault import Vault

PROGRAM: Final = shutil.which("weed", path=sysconfig.get_path("scripts")) or shutil.which("weed")
NAME: Final = "debtflow-files"
_RIGHTS: Final = {
    "OWNER": ["Admin"],
    "DEBTFLOW": [f"{right}:{NAME}" for right in ("Read", "Write", "List")],
    "READER": [f"{right}:{NAME}" for right in ("Read", "List")],
}


@dataclass(frozen=True)
class Storage:
    """``own`` is the bucket as its owner has it: the only one who can take something away again."""

    endpoint: str
    own: S3Store

    def login(self, key: str = "DEBTFLOW", secret: str | None = None) -> BucketLogin:
        return BucketLogin(key, secret or f"secret-of-{key}", self.endpoint)

    def vault(self, prefix: str = "debtflow", *, keep: bool = True, key: str = "DEBTFLOW") -> Vault:
        return Vault(lambda name: Bucket(name, self.login(key)), NAME if keep else None, prefix)

    def keys(self) -> list[str]:
        return sorted(each["path"] for page in obstore.list(self.own) for each in page)

    def empty(self) -> None:
        for key in self.keys():
            obstore.delete(self.own, key)


@contextmanager
def storage() -> Iterator[Storage]:
    """Start one and stop it; only where PROGRAM is there."""
    assert PROGRAM is not None
    home = Path(tempfile.mkdtemp(prefix="debtflow-s3-"))
    ports = _free_ports(8)
    people = [
        {"name": key, "actions": rights, "credentials": [{"accessKey": key, "secretKey": f"secret-of-{key}"}]}
        for key, rights in _RIGHTS.items()
    ]
    (home / "people.json").write_text(json.dumps({"identities": people}))
    with (home / "log").open("wb") as log:
        process = subprocess.Popen([PROGRAM, *_words(home, ports)], stdout=log, stderr=log, cwd=home)
    try:
        endpoint = f"http://127.0.0.1:{ports[-1]}"
        own = S3Store(
            NAME, endpoint=endpoint, region="us-east-1", access_key_id="OWNER", secret_access_key="secret-of-OWNER",
            client_options={"allow_http": True}, retry_config={"max_retries": 0},
        )  # fmt: skip
        _await(process, own, home / "log")
        yield Storage(endpoint, own)
    finally:
        process.kill()
        process.wait(10)
        shutil.rmtree(home, ignore_errors=True)


def _words(home: Path, ports: list[int]) -> list[str]:
    names = ("master.port", "master.port.grpc", "volume.port", "volume.port.grpc", "filer.port", "filer.port.grpc",
             "s3.port.grpc", "s3.port")  # fmt: skip
    said = {
        "dir": home, "ip": "127.0.0.1", "ip.bind": "127.0.0.1", "master.telemetry": "false", "volume.max": 20,
        "master.volumeSizeLimitMB": 64, "filer.localSocket": home / "filer", "s3.localSocket": home / "s3",
        "s3.config": home / "people.json", "s3.port.iceberg": 0, "s3.port.lance": 0, "s3.iam": "false",
    }  # fmt: skip
    said |= dict(zip(names, ports, strict=True))
    return ["server", "-filer", "-s3", *(f"-{name}={value}" for name, value in said.items())]


def _free_ports(count: int) -> list[int]:
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]
    finally:
        for probe in probes:
            probe.close()


def _await(process: subprocess.Popen[bytes], own: S3Store, log: Path) -> None:
    for _ in range(600):
        if process.poll() is not None:
            break
        try:
            # The first object makes its bucket, too.
            obstore.put(own, "here", b"")
            return
        except BaseError:
            time.sleep(0.05)
    raise AssertionError(f"no S3 server: {log.read_text()[-2000:]}")
