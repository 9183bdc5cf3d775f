"""What the served workbench answers to requests that no page makes."""

from __future__ import annotations

import http.client
from urllib.parse import urlsplit

import pytest

from tests.e2e.conftest import Workbench
from workbench.server import HEADERS


def asked(workbench: Workbench, path: str, **headers: str) -> tuple[int, dict[str, str]]:
    connection = http.client.HTTPConnection(urlsplit(workbench.address).netloc, timeout=20)
    connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status, {name.lower(): value for name, value in answer.getheaders()}


@pytest.mark.parametrize("path", ["/", "/findings", "/_stcore/health", "/_stcore/host-config", "/static/none.js"])
def test_every_route_carries_the_security_headers(path: str, workbench: Workbench) -> None:
    _, headers = asked(workbench, path)
    assert {name: headers.get(name) for name in HEADERS} == HEADERS


def test_there_are_no_metrics(workbench: Workbench) -> None:
    status, headers = asked(workbench, "/_stcore/metrics")
    assert status == 404
    assert headers["x-frame-options"] == "DENY"


UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec_WebSocket_Version": "13",
    "Sec_WebSocket_Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


def test_a_page_of_another_host_gets_no_socket(workbench: Workbench) -> None:
    own, _ = asked(workbench, "/_stcore/stream", Origin=workbench.address, **UPGRADE)
    assert own == 101
    foreign, _ = asked(workbench, "/_stcore/stream", Origin="http://evil.example", **UPGRADE)
    assert foreign == 403


def test_a_name_that_was_bound_to_this_machine_is_refused(workbench: Workbench) -> None:
    status, _ = asked(workbench, "/_stcore/stream", Host="evil.example", Origin="http://evil.example", **UPGRADE)
    assert status != 101
    status, _ = asked(workbench, "/", Host="evil.example")
    assert status in {400, 403, 421}
