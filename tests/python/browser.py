"""A headless Chromium, driven over a pipe by its own protocol: no package, no port, no network."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import tempfile
from collections import deque
from pathlib import Path
from typing import Any

PROGRAM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
WHY_NOT = "Chromium is not installed: apt-get install chromium"

OPTIONS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
    "--remote-debugging-pipe", "--force-color-profile=srgb", "--lang=en",
)


class Browser:
    """One page of one browser. `errors` holds what its console complained of, `requests` what it asked for."""

    def __init__(self) -> None:
        self.folder = tempfile.mkdtemp(prefix="ad_funnel_chromium_")
        its_in, self.out = os.pipe()
        self.into, its_out = os.pipe()

        def wire() -> None:  # the protocol is spoken on 3 and 4
            ends = os.dup(its_in), os.dup(its_out)  # these may be 3 and 4 themselves
            for number, end in zip((3, 4), ends):
                os.dup2(end, number)

        self.process = subprocess.Popen(
            [PROGRAM, *OPTIONS, f"--user-data-dir={self.folder}", "about:blank"], preexec_fn=wire, close_fds=False,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        os.close(its_in)
        os.close(its_out)
        self.number, self.rest, self.events = 0, b"", deque()
        self.errors: list[str] = []
        self.requests: list[str] = []
        self.session = None
        [page] = [target for target in self.say("Target.getTargets")["targetInfos"] if target["type"] == "page"]
        self.session = self.say("Target.attachToTarget", targetId=page["targetId"], flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.say(f"{domain}.enable")

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self.out)
        os.close(self.into)
        shutil.rmtree(self.folder, ignore_errors=True)

    def send(self, method: str, **parameters: Any) -> int:
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        text = json.dumps(message).encode() + b"\0"
        while text:
            text = text[os.write(self.out, text):]
        return self.number

    def say(self, method: str, **parameters: Any) -> dict:
        number = self.send(method, **parameters)
        while True:
            answer = self.hear()
            if answer.get("id") == number:
                assert "error" not in answer, answer["error"]
                return answer["result"]

    def hear(self) -> dict:
        while b"\0" not in self.rest:
            read = os.read(self.into, 1 << 20)
            assert read, "Chromium ended"
            self.rest += read
        line, self.rest = self.rest.split(b"\0", 1)
        message = json.loads(line)
        about = message.get("params", {})
        if message.get("method") == "Runtime.exceptionThrown":
            self.errors.append(json.dumps(about["exceptionDetails"]))
        elif message.get("method") == "Log.entryAdded" and about["entry"]["level"] in ("error", "warning"):
            self.errors.append(about["entry"]["text"])
        elif message.get("method") == "Runtime.consoleAPICalled" and about["type"] in ("error", "warning", "assert"):
            self.errors.append(json.dumps(about["args"]))
        elif message.get("method") == "Page.javascriptDialogOpening":  # a script of somebody's; it would wait for ever
            self.errors.append(f"dialog: {about['message']}")
            self.send("Page.handleJavaScriptDialog", accept=False)
        elif message.get("method") == "Network.requestWillBeSent":
            self.requests.append(about["request"]["url"])
        elif "method" in message:
            self.events.append(message["method"])
        return message

    def open(self, file: Path) -> None:
        self.errors.clear()
        self.requests.clear()
        self.events.clear()
        self.say("Page.navigate", url=file.resolve().as_uri())
        while "Page.loadEventFired" not in self.events:
            self.hear()

    def run(self, script: str) -> Any:
        """What a script comes to; it must not fail."""
        answer = self.say("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def show_as(self, width: int, height: int = 900, dark: bool = False, media: str = "") -> None:
        self.say("Emulation.setDeviceMetricsOverride", width=width, height=height,
                 deviceScaleFactor=1 if width > 600 else 2, mobile=width < 600)
        self.say("Emulation.setEmulatedMedia", media=media, features=[
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])

    def screenshot(self, file: Path, whole: bool = True) -> None:
        answer = self.say("Page.captureScreenshot", captureBeyondViewport=whole)
        if whole:
            size = self.say("Page.getLayoutMetrics")["cssContentSize"]
            answer = self.say("Page.captureScreenshot", captureBeyondViewport=True, clip={
                "x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1})
        file.write_bytes(base64.b64decode(answer["data"]))

    def pdf(self) -> bytes:
        return base64.b64decode(self.say("Page.printToPDF", printBackground=True)["data"])
