"""A real Chromium: a page's DOM after its script has run, or a page with keys to press.

It is driven over its debugging pipe, so no driver is needed.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

__all__ = ["Page", "dump_dom", "needs_chromium", "open_chromium"]

_CHROMIUM = next(
    (
        path
        for name in ("chromium", "chromium-browser", "google-chrome")
        if (path := shutil.which(name))
    ),
    None,
)
needs_chromium = pytest.mark.skipif(_CHROMIUM is None, reason="no chromium is installed")
"""Marks a test, or a module of tests, that needs the browser."""

_OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# Chromium reads commands from descriptor 3 and writes to 4; both are moved out of the way first.
_LAUNCH = """
import fcntl, os, sys
ends = [fcntl.fcntl(int(end), fcntl.F_DUPFD, 10) for end in sys.argv[1:3]]
for number, end in zip((3, 4), ends):
    os.dup2(end, number)
    os.close(end)
os.execv(sys.argv[3], sys.argv[3:])
"""
_KEYS = {"Enter": (13, "\r"), "Escape": (27, ""), "ArrowLeft": (37, ""), "ArrowRight": (39, "")}
_PATIENCE = 90.0
_WATCH_CLICK = """(() => {
    window.missed = true;
    const hear = (event) => { window.missed = !event.target.closest(%s); };
    document.addEventListener("click", hear, { capture: true, once: true });
    const found = document.querySelector(%s);
    found.scrollIntoView({ block: "nearest" });
    const box = found.getBoundingClientRect();
    return [box.x + box.width / 2, box.y + box.height / 2];
})()"""
"""Says where an element is, and sets `missed` unless it is clicked next."""


class RefusedCommandError(AssertionError):
    """The browser did not carry out a command, such as one for a page that is being left."""


def dump_dom(address: str, *, profile: Path, width: int = 1280) -> str:
    """Return the HTML of a page, in a window of that width, after its script has run."""
    assert _CHROMIUM is not None
    options = (f"--user-data-dir={profile}", f"--window-size={width},1000", "--dump-dom")
    command = [_CHROMIUM, *_OPTIONS, "--virtual-time-budget=5000", *options, address]
    done = subprocess.run(command, capture_output=True, timeout=120, check=True)
    return done.stdout.decode("utf-8")


class Page:
    """One page of the browser."""

    def __init__(self, commands: int, replies: int) -> None:
        self._commands, self._replies = commands, replies
        self._buffer = b""
        self._number = 0
        self._session: dict[str, str] = {}
        target = self.command("Target.createTarget", url="about:blank")["targetId"]
        found = self.command("Target.attachToTarget", targetId=target, flatten=True)
        self._session = {"sessionId": found["sessionId"]}
        self.complaints: list[str] = []
        """What the browser's console held against the page: errors, and breaches of its policy."""
        for domain in ("Log", "Runtime"):
            self.command(f"{domain}.enable")

    def command(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send one command of the DevTools protocol, and return its result."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters, **self._session}
        os.write(self._commands, json.dumps(message).encode() + b"\0")
        while True:
            reply = self._reply()
            self._listen(reply)
            if reply.get("id") == self._number:
                if "error" in reply:
                    raise RefusedCommandError(f"{method}: {reply['error']}")
                result: dict[str, Any] = reply["result"]
                return result

    def _reply(self) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._replies], [], [], _PATIENCE)
            assert ready, "chromium does not answer"
            read = os.read(self._replies, 1 << 16)
            assert read, "chromium has ended"
            self._buffer += read
        line, _, self._buffer = self._buffer.partition(b"\0")
        reply: dict[str, Any] = json.loads(line)
        return reply

    def _listen(self, reply: dict[str, Any]) -> None:
        entry = reply.get("params", {}).get("entry", {"source": "script"})
        logged = reply.get("method") in ("Log.entryAdded", "Runtime.exceptionThrown")
        if logged and entry["source"] != "network":
            self.complaints.append(json.dumps(reply["params"]))

    def resize(self, width: int) -> None:
        """Show pages as on a screen of that many pixels: below 600 as on a phone."""
        metrics = {"width": width, "height": 844, "deviceScaleFactor": 1, "mobile": width < 600}
        self.command("Emulation.setDeviceMetricsOverride", **metrics)

    def overflow(self) -> list[int]:
        """Return how many pixels the page, and then each scrolling table, is too wide."""
        expression = """[document.documentElement, ...document.querySelectorAll(".scroll")]
            .map((one) => one.scrollWidth - one.clientWidth).filter((pixels) => pixels > 0)"""
        found: list[int] = self.evaluate(expression)
        return found

    def darken(self, dark: bool = True) -> None:
        """Show pages as to someone who prefers dark ones."""
        features = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self.command("Emulation.setEmulatedMedia", features=features)

    def barriers(self) -> list[str]:
        """Return what axe-core finds serious or critical for people who use assistive software."""
        found = importlib.util.find_spec("axe_core_python")
        if found is None or found.submodule_search_locations is None:
            pytest.skip("axe-core-python is not installed")
        script = Path(found.submodule_search_locations[0], "axe.min.js")
        self.evaluate(script.read_text(encoding="utf-8"))
        run = """axe.run().then(({ violations }) => violations
            .filter(({ impact }) => ["serious", "critical"].includes(impact))
            .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`)))"""
        result = self.command(
            "Runtime.evaluate", expression=run, awaitPromise=True, returnByValue=True
        )
        barriers: list[str] = result["result"]["value"]
        return barriers

    def open(self, url: str) -> None:
        """Go to an address, and return once the page before it is gone."""
        self.evaluate("window.isLeft = true")
        if "loaderId" in self.command("Page.navigate", url=url):  # not a place in the same page
            self.wait("!window.isLeft")

    def evaluate(self, expression: str) -> Any:
        """Return the value of an expression in the page."""
        result = self.command("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in result, result["exceptionDetails"]
        return result["result"].get("value")

    def text(self, selector: str) -> str:
        """Return the text of the first element that the selector finds."""
        text: str = self.evaluate(f"document.querySelector({json.dumps(selector)}).innerText")
        return text

    def wait(self, expression: str) -> None:
        """Wait until an expression is true in the page, or in the one that takes its place."""
        end = time.monotonic() + _PATIENCE
        while not self._holds(expression):
            assert time.monotonic() < end, f"never true: {expression}"
            time.sleep(0.02)

    def _holds(self, expression: str) -> bool:
        try:
            return bool(self.evaluate(f"Boolean({expression})"))
        except RefusedCommandError:  # the page was being left
            return False

    def wait_text(self, selector: str, text: str) -> None:
        """Wait until an element's text is this."""
        found = f"document.querySelector({json.dumps(selector)})?.innerText.trim()"
        self.wait(f"{found} === {json.dumps(text)}")

    def key(self, key: str) -> None:
        """Press and release one key."""
        code, text = _KEYS.get(key, (ord(key[0].upper()), key))
        press = {"key": key, "windowsVirtualKeyCode": code}
        self.command("Input.dispatchKeyEvent", type="keyDown", text=text, **press)
        self.command("Input.dispatchKeyEvent", type="keyUp", **press)

    def type(self, selector: str, text: str) -> None:
        """Replace the text of a field, as typing does."""
        self.evaluate(f"document.querySelector({json.dumps(selector)}).select()")
        self.evaluate(f"document.querySelector({json.dumps(selector)}).focus()")
        self.command("Input.insertText", text=text)

    def click(self, selector: str) -> None:
        """Click the middle of an element with the mouse, again if it was moving meanwhile."""
        end = time.monotonic() + _PATIENCE
        while True:
            x, y = self.evaluate(_WATCH_CLICK % (json.dumps(selector), json.dumps(selector)))
            mouse = {"x": x, "y": y, "button": "left", "clickCount": 1}
            self.command("Input.dispatchMouseEvent", type="mousePressed", **mouse)
            self.command("Input.dispatchMouseEvent", type="mouseReleased", **mouse)
            if not self._holds("window.missed"):  # nor where another page took its place
                return
            assert time.monotonic() < end, f"never hit: {selector}"


@contextlib.contextmanager
def open_chromium(profile: Path) -> Iterator[Page]:
    """Yield a page of a browser of its own, which ends with the block."""
    assert _CHROMIUM is not None
    (read_commands, commands), (replies, write_replies) = os.pipe(), os.pipe()
    ends = (read_commands, write_replies)
    command = [sys.executable, "-c", _LAUNCH, *map(str, ends), _CHROMIUM, *_OPTIONS]
    process = subprocess.Popen(
        [*command, "--remote-debugging-pipe", f"--user-data-dir={profile}"],
        pass_fds=ends,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        for end in ends:
            os.close(end)
        yield Page(commands, replies)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=30)
        os.close(commands)
        os.close(replies)
