"""A headless Chromium, driven through chromedriver in the plain HTTP of the WebDriver standard (W3C)."""

import base64
import json
import os
import re
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

#: Programs that must be installed (Debian: chromium, chromium-driver).
TOOLS = ("chromium", "chromedriver")
_ARGUMENTS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--force-device-scale-factor=1", "--hide-scrollbars")


def missing() -> str:
    """What is not installed, in one line; "" if all is there."""
    tools = [tool for tool in TOOLS if shutil.which(tool) is None]
    return f"{' and '.join(tools)} missing (Debian: chromium, chromium-driver)" if tools else ""


class Browser:
    """One session."""

    def __init__(self, port: int, size: tuple[int, int]) -> None:
        self._base = f"http://127.0.0.1:{port}"
        options = {"args": [*_ARGUMENTS, f"--window-size={size[0]},{size[1]}"], "binary": shutil.which("chromium")}
        wanted = {"browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
        found = self._call("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})
        self._session = f"/session/{found['sessionId']}"

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._base + path, data, {"Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(request, timeout=120) as answer:
            return json.loads(answer.read())["value"]

    def open(self, page: Path) -> None:
        """Open a page of ours, and wait until it has drawn itself."""
        self._call("POST", f"{self._session}/url", {"url": page.resolve().as_uri()})
        script = "const d = arguments[0]; timeline.ready.then(() => d(''), (e) => d(String(e.stack)))"
        failed = self._call("POST", f"{self._session}/execute/async", {"script": script, "args": []})
        assert not failed, failed

    def run(self, script: str, *arguments: Any) -> Any:
        """Value of an expression."""
        body = {"script": f"return {script}", "args": list(arguments)}
        return self._call("POST", f"{self._session}/execute/sync", body)

    def pointer(self, x: float, y: float, *, click: bool = False) -> None:
        """Move the pointer, and click."""
        actions: list[dict[str, Any]] = [{"type": "pointerMove", "duration": 0, "x": round(x), "y": round(y)}]
        if click:
            actions += [{"type": "pointerDown", "button": 0}, {"type": "pointerUp", "button": 0}]
        mouse = {"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": actions}
        self._call("POST", f"{self._session}/actions", {"actions": [mouse]})

    def wheel(self, x: float, y: float, by: int) -> None:
        """Turn the wheel."""
        action = {"type": "scroll", "x": round(x), "y": round(y), "deltaX": 0, "deltaY": by, "duration": 0}
        self._call("POST", f"{self._session}/actions", {"actions": [{"type": "wheel", "id": "w", "actions": [action]}]})

    def complaints(self) -> list[str]:
        """Lines on the console, among them errors of scripts and whatever could not be loaded."""
        return [entry["message"] for entry in self._call("POST", f"{self._session}/se/log", {"type": "browser"})]

    def picture(self, target: Path) -> None:
        """Write what it shows, PNG."""
        target.write_bytes(base64.b64decode(self._call("GET", f"{self._session}/screenshot")))

    def close(self) -> None:
        """End the session."""
        self._call("DELETE", self._session)


@contextmanager
def browser(size: tuple[int, int] = (1500, 900)) -> Iterator[Browser]:
    """A browser that is closed at the end, whatever happens."""
    environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    with subprocess.Popen(
        ["chromedriver", "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment
    ) as driver:
        try:
            assert driver.stdout is not None
            port = next((int(m[1]) for line in driver.stdout if (m := re.search(r"on port (\d+)\.", line))), None)
            assert port is not None, "chromedriver did not start"
            session = Browser(port, size)
            try:
                yield session
            finally:
                session.close()
        finally:
            driver.terminate()
