"""Serving: security headers on every answer, no metrics endpoint, no start with an unsafe configuration."""

from __future__ import annotations

from pathlib import Path

import streamlit as st
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

ROOT = Path(__file__).resolve().parent.parent

# Streamlit and Vega need inline styles and evaluated expressions; nothing may come from, or go to, another host.
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; "
    "frame-src 'self' blob:; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
    "cache-control": "no-store",
}
REQUIRED = {
    "client.showErrorDetails": "none",
    "client.disableDataExport": True,
    "browser.gatherUsageStats": False,
    "server.enableAgentApi": False,
    "server.enableStaticServing": False,
}
# `fortuit serve` gives these on the command line, so that they hold wherever the package is installed.
COMMAND_LINE = {
    "server.address": "127.0.0.1",
    "server.headless": "true",
    "server.fileWatcherType": "none",
    "server.enableAgentApi": "false",
    "server.enableStaticServing": "false",
    "client.showErrorDetails": "none",
    "client.disableDataExport": "true",
    "client.toolbarMode": "minimal",
    "browser.gatherUsageStats": "false",
}
BLOCKED_PATHS = ("/_stcore/metrics",)


# Names by which this machine may be called: another name that leads here was bound to it by somebody else.
LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]"})


def is_allowed_host(host: str) -> bool:
    """Whether a request that names this host is meant for us: a local name, or one that the configuration allows."""
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
    return name.lower() in LOCAL_HOSTS or name in (st.get_option("server.allowedHosts") or ())


class SecurityHeaders:
    """Refuses foreign host names, adds the headers to every HTTP answer, hides paths that tell about other sessions."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, adding headers to what comes back."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        host = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"host"), "")
        if scope["type"] == "websocket":
            if is_allowed_host(host):
                await self.app(scope, receive, send)
            else:
                await send({"type": "websocket.close", "code": 1008})
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                kept = [(k, v) for k, v in message.get("headers", []) if k.decode().lower() not in HEADERS]
                message["headers"] = kept + [(k.encode(), v.encode()) for k, v in HEADERS.items()]
            await send(message)

        if not is_allowed_host(host):
            await PlainTextResponse("Unknown host", status_code=421)(scope, receive, send_with_headers)
            return
        if scope["path"].startswith(BLOCKED_PATHS):
            await PlainTextResponse("Not found", status_code=404)(scope, receive, send_with_headers)
            return
        await self.app(scope, receive, send_with_headers)


def unsafe_settings() -> dict[str, object]:
    """The settings that differ from what showing health data needs, with the value found."""
    return {name: st.get_option(name) for name, wanted in REQUIRED.items() if st.get_option(name) != wanted}


def refuse_unsafe_settings() -> None:
    """Raise RuntimeError where the configuration would show or send more than it may."""
    unsafe = unsafe_settings()
    if unsafe:
        raise RuntimeError(f"The workbench does not start with these settings: {unsafe}; it needs {REQUIRED}.")
