"""A headless Chromium, driven over two pipes: no driver and no client library, and no name but loopback resolves in it."""

import base64
import json
import os
import shutil
import subprocess

from house import eventually

PROGRAM = "chromium-headless-shell"


class Browser:
    def __init__(self, folder):
        program = shutil.which(PROGRAM)
        assert program, f"{PROGRAM} is not installed: ./run test installs it"
        theirs_in, self._to = os.pipe()
        self._from, theirs_out = os.pipe()
        command = [program, "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]
        command += [f"--user-data-dir={folder}", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--window-size=1280,1600"]

        def place():  # the browser reads from 3 and writes to 4
            high_in, high_out = os.dup(theirs_in), os.dup(theirs_out)
            os.dup2(high_in, 3)
            os.dup2(high_out, 4)

        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, close_fds=False, preexec_fn=place
        )
        os.close(theirs_in)
        os.close(theirs_out)
        self._received, self._number, self.events = b"", 0, []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait(30)
        os.close(self._to)
        os.close(self._from)

    def call(self, method, session=None, **parameters):
        """The result of one command; what else comes meanwhile is kept in events."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters, **({"sessionId": session} if session else {})}
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while True:
            said = self._next()
            if said.get("id") == self._number:
                assert "error" not in said, (method, said["error"])
                return said["result"]
            self.events.append(said)

    def _next(self):
        while b"\0" not in self._received:
            part = os.read(self._from, 1 << 20)
            assert part, "the browser has ended"
            self._received += part
        message, _, self._received = self._received.partition(b"\0")
        return json.loads(message)

    def open(self, url):
        return Page(self, url)


class Page:
    def __init__(self, browser, url):
        self.browser = browser
        target = browser.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self._call(f"{domain}.enable")
        self._call("Page.navigate", url=url)

    def _call(self, method, **parameters):
        return self.browser.call(method, self.session, **parameters)

    def run(self, script):
        """The value of an expression, a promise's too."""
        done = self._call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in done, done["exceptionDetails"]
        return done["result"].get("value")

    def eventually(self, script, seconds=30):
        return eventually(lambda: self.run(script), seconds, script)

    def screenshot(self, path):
        path.write_bytes(base64.b64decode(self._call("Page.captureScreenshot", format="png")["data"]))

    def _mine(self, method):
        return [one["params"] for one in self.browser.events if one.get("sessionId") == self.session and one["method"] == method]

    def asked_for(self):
        """The URLs of all requests so far."""
        return [one["request"]["url"] for one in self._mine("Network.requestWillBeSent")]

    def complaints(self):
        """Errors of scripts, refused contents, failed requests: what stands red in a console."""
        thrown = [one["exceptionDetails"]["text"] for one in self._mine("Runtime.exceptionThrown")]
        logged = [one["entry"]["text"] for one in self._mine("Log.entryAdded") if one["entry"]["level"] == "error"]
        return thrown + logged
