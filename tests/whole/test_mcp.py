"""`autorun mcp`, spoken to by the package's own client over stdin and stdout of a real process."""

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.types import TextContent

from tests.driver import ROOT, App, clean_environment
from tests.runs import AUTORUN, autorun

SERVER = """\
import socket
import shop
print("serving", shop.NAME)
server = socket.create_server(("127.0.0.1", 0))
while True:
    client, _ = server.accept()
    client.close()
"""


class Session:
    """One client with its server."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def tools(self) -> dict[str, str]:
        """The tools by name, with what they say of themselves."""
        found = await self._client.list_tools()
        return {one.name: one.description or "" for one in found.tools}

    async def ask(self, tool: str, **words: Any) -> dict[str, Any]:
        """What a tool answers; it has to."""
        result = await self._client.call_tool(tool, words)
        assert not result.is_error, result.content
        assert isinstance(result.structured_content, dict)
        return result.structured_content

    async def refusal(self, tool: str) -> str:
        """Why a tool does not answer."""
        result = await self._client.call_tool(tool, {})
        assert result.is_error
        (content,) = result.content
        assert isinstance(content, TextContent)
        return content.text


@pytest.fixture
def own(runtime: Path) -> dict[str, str]:
    """The variables with which the autoruns of a test alone are found."""
    return {"XDG_RUNTIME_DIR": str(runtime)}


def server(app: App, own: dict[str, str]) -> StdioServerParameters:
    environment = {**clean_environment(own), "PYTHONPATH": str(ROOT)}
    return StdioServerParameters(
        command=sys.executable,
        args=["-m", "autoreload", "mcp"],
        cwd=app.project,
        env=environment,
    )


def test_an_agent_edits_waits_and_reads_the_error(own: dict[str, str], app: App) -> None:
    app.write("shop.py", "NAME = 'one'\n")
    app.write("app.py", SERVER)

    async def talk() -> None:
        async with Client(stdio_client(server(app, own))) as client:
            session = Session(client)
            tools = await session.tools()
            assert [*tools] == ["status", "wait", "errors", "logs", "why", "restart"]
            assert all(tools.values())
            # It is there before the app is, and finds it when it comes.
            assert "autorun --background" in await session.refusal("status")
            app.start("--log-file", "x.log", "app.py", env=own)
            app.wait_for("ready in")
            status = await session.ask("status")
            assert (status["state"], status["run"]) == ("ready", 1)
            assert status["text"].startswith("app.py: ready, run 1, pid ")

            app.edit("shop.py", "NAME = 'two'\n")
            waited = await session.ask("wait")
            assert (waited["result"], waited["run"]) == ("ready", 2)
            assert "serving two\n" in (await session.ask("logs", run=2))["result"]
            assert (await session.ask("errors"))["errors"] == []
            why = await session.ask("why", path="shop.py")
            assert "loaded" in why["why"]
            assert "shop.py changed" in (await session.ask("why"))["text"]

            app.edit("shop.py", "NAME = nothing\n")
            waited = await session.ask("wait")
            assert waited["result"] == "broken"
            assert waited["text"].startswith(
                "shop.py:1:8: NameError: name 'nothing' is not defined"
            )
            (error,) = (await session.ask("errors"))["errors"]
            assert (error["type"], error["file"], error["line"]) == ("NameError", "shop.py", 1)

            app.edit("shop.py", "NAME = 'three'\n")
            assert (await session.ask("wait"))["result"] == "ready"
            before = (await session.ask("status"))["run"]
            again = await session.ask("restart", cold=True)
            assert (again["result"], again["run"]) == ("ready", before + 1)

    asyncio.run(asyncio.wait_for(talk(), 80))
    assert app.stop() == 0


def test_stdout_is_the_protocols_alone(own: dict[str, str], app: App) -> None:
    done = subprocess.run(
        [*AUTORUN, "mcp"],
        cwd=app.project,
        env={**clean_environment(own), "PYTHONPATH": str(ROOT)},
        input=b"",
        capture_output=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (0, b"")


def test_without_the_package_it_is_said_how_to_get_it(
    own: dict[str, str], app: App, tmp_path: Path
) -> None:
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    (hidden / "sitecustomize.py").write_text("import sys\nsys.modules['mcp'] = None\n")
    outcome = autorun(app.project, "mcp", env={**own, "PYTHONPATH": f"{hidden}:{ROOT}"})
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.startswith("autorun: autorun mcp needs the package mcp")
    assert "pip install 'mcp>=2'" in outcome.err
    assert outcome.err.count("\n") == 1
