"""What stands between the browser and the workbench: headers on every answer, no metrics, no unsafe start."""

from __future__ import annotations

import asyncio

import pytest
import streamlit as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Message, Scope

from workbench import server


def page(request: Request) -> Response:
    return PlainTextResponse("here", headers={"X-Frame-Options": "SAMEORIGIN"})


def answer(path: str, host: str = "127.0.0.1:8501") -> tuple[int, list[tuple[str, str]], bytes]:
    """Status, headers and body of a request that never touches a socket."""
    routes = [Route("/", page), Route("/_stcore/metrics", page), Route("/_stcore/health", page)]
    application = server.SecurityHeaders(Starlette(routes=routes))
    sent: list[Message] = []
    scope: Scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "headers": [(b"host", host.encode())],
        "query_string": b"",
        "root_path": "",
        "server": ("127.0.0.1", 80),
        "scheme": "http",
    }

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(application(scope, receive, send))
    headers = [(name.decode().lower(), value.decode()) for name, value in sent[0]["headers"]]
    return int(sent[0]["status"]), headers, b"".join(message.get("body", b"") for message in sent[1:])


@pytest.mark.parametrize("path", ["/", "/_stcore/health", "/nowhere", "/_stcore/metrics"])
def test_every_answer_carries_the_headers_once(path: str) -> None:
    _, headers, _ = answer(path)
    for name, value in server.HEADERS.items():
        assert [found for known, found in headers if known == name] == [value]


def test_metrics_of_other_sessions_are_not_there() -> None:
    assert answer("/_stcore/metrics")[0] == 404
    assert answer("/_stcore/metrics/")[0] == 404
    assert answer("/_stcore/health")[::2] == (200, b"here")


@pytest.mark.parametrize("host", ["127.0.0.1:8501", "localhost", "LOCALHOST:80", "[::1]:8501"])
def test_the_machine_answers_to_its_own_names(host: str) -> None:
    assert answer("/", host)[0] == 200


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8501", "127.0.0.1.evil.example", "", "localhost@evil"])
def test_the_machine_does_not_answer_to_a_name_that_somebody_bound_to_it(host: str) -> None:
    status, headers, body = answer("/", host)
    assert status == 421
    assert b"here" not in body
    assert ("x-frame-options", "DENY") in headers


def test_a_socket_under_a_foreign_name_is_closed_before_it_opens() -> None:
    sent: list[Message] = []

    async def inner(scope: Scope, receive: object, send: object) -> None:
        raise AssertionError("the application was reached")

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    scope: Scope = {"type": "websocket", "path": "/_stcore/stream", "headers": [(b"host", b"evil.example")]}
    asyncio.run(server.SecurityHeaders(inner)(scope, receive, send))
    assert [message["type"] for message in sent] == ["websocket.close"]


def test_the_policy_lets_nothing_come_from_or_go_to_another_host() -> None:
    allowed = {"'self'", "'none'", "'unsafe-inline'", "'unsafe-eval'", "data:", "blob:"}
    for directive in server.CONTENT_SECURITY_POLICY.split(";"):
        assert set(directive.split()[1:]) <= allowed
    assert "default-src 'self'" in server.CONTENT_SECURITY_POLICY
    assert "frame-ancestors 'none'" in server.CONTENT_SECURITY_POLICY


def test_the_workbench_does_not_start_where_errors_would_show_data(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = dict(server.REQUIRED)
    monkeypatch.setattr(st, "get_option", settings.__getitem__)
    server.refuse_unsafe_settings()
    settings["client.showErrorDetails"] = "full"
    assert server.unsafe_settings() == {"client.showErrorDetails": "full"}
    with pytest.raises(RuntimeError, match="showErrorDetails"):
        server.refuse_unsafe_settings()


def test_what_is_required_is_what_the_command_line_gives() -> None:
    given = {name: {"true": True, "false": False}.get(str(v), v) for name, v in server.COMMAND_LINE.items()}
    assert {name: given[name] for name in server.REQUIRED} == server.REQUIRED
    assert given["server.address"] == "127.0.0.1"
