"""Endpoints behind nginx that wants a client certificate."""

import shutil
import socket
import subprocess

import pytest
import trustme

from edgeauth.contract.endpoint_keys import StoredEndpointKeys
from edgeauth.contract.signers import Signers
from edgeauth.secret_sources.sources import HeldSecrets
from edgeauth.services.clock import SystemClock
from tests.fakes.driving import run
from tests.unit.services.endpoints.made import adapter, call

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("nginx") is None, reason="nginx is not installed"),
]

CONFIGURATION = """\
daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log;
events {{}}
http {{
  access_log off; gzip on; gzip_min_length 1; gzip_types text/plain;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port} ssl;
    ssl_certificate {folder}/server.pem; ssl_certificate_key {folder}/server.pem;
    ssl_client_certificate {folder}/ca.pem; ssl_verify_client optional;
    ssl_protocols TLSv1.2 TLSv1.3;
    location / {{ default_type text/plain; return 200 "$ssl_client_verify $ssl_protocol"; }}
  }}
}}
"""


@pytest.fixture
def folder(tmp_path):
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    for name, host in [("server", "localhost"), ("client", "edge.test")]:
        issued = authority.issue_cert(host)
        issued.private_key_and_cert_chain_pem.write_to_path(tmp_path / f"{name}.pem")
    trustme.CA().issue_cert("edge.test").private_key_and_cert_chain_pem.write_to_path(
        tmp_path / "stranger.pem"
    )
    return tmp_path


@pytest.fixture
def there(folder):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (folder / "nginx.conf").write_text(CONFIGURATION.format(folder=folder, port=port))
    process = subprocess.Popen(
        ["nginx", "-p", str(folder), "-e", str(folder / "error.log"), "-c", "nginx.conf"]
    )
    try:
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", port), 0.05).close()
                break
            except OSError:
                assert process.poll() is None, (folder / "error.log").read_text()
        yield f"https://localhost:{port}"
    finally:
        process.terminate()
        process.wait(10)


def test_nginx_sees_the_certificate_that_is_configured(folder, there):
    async def check():
        stores = HeldSecrets()
        keys = StoredEndpointKeys(Signers(SystemClock(), stores), stores, SystemClock())
        tls = {"ca_file": str(folder / "ca.pem"), "min_version": "TLS1.3"}
        async with adapter(keys=keys) as made:
            assert (await made.fault_of(call(there))).final
            assert (await made.send(call(there, tls=tls))).body == b"NONE TLSv1.3"
            stranger = tls | {"key_store": {"path": str(folder / "stranger.pem")}}
            assert (await made.send(call(there, tls=stranger))).status == 400
            shown = tls | {"key_store": {"path": str(folder / "client.pem")}}
            for _ in range(2):
                assert (await made.send(call(there, tls=shown))).body == b"SUCCESS TLSv1.3"

    run(check())
