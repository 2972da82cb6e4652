#!/usr/bin/env python3
"""pages.py - pages of ours in a real headless Chromium, at phone and desktop width.

    pages.py [--shots DIR] PAGE.html...

For each page and width: it loads, nothing is asked of a network, no console message, the page
itself does not scroll sideways, and no script of its own ran. Prints one line a check; with
--shots keeps a picture of each. Exit 0 only if all hold. Speaks WebDriver (W3C) to chromedriver.
"""
import argparse
import base64
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

WIDTHS = {"phone": (390, 844), "tablet": (768, 1024), "desktop": (1280, 900), "wide": (1920, 1080)}
IN_SIGHT = """return ['.controls', '.side'].map(s => {
    const r = document.querySelector('.play ' + s).getBoundingClientRect();
    return r.height > 0 && r.top >= -1 && r.top < innerHeight && r.bottom > 0})"""


class Browser:
    def __init__(self):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.port = s.getsockname()[1]
        self.tmp = tempfile.TemporaryDirectory(prefix="lockstep-pages-")
        self.driver = subprocess.Popen(["/usr/bin/chromedriver", f"--port={self.port}"],
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                       env=dict(os.environ, HOME=self.tmp.name))
        self.session = ""
        for _ in range(200):  # until it answers
            try:
                if self.call("GET", "/status")["ready"]:
                    break
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.05)
        args = ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run",
                "--disable-background-networking", "--disable-component-update", "--disable-sync",
                "--disable-quic", "--hide-scrollbars", f"--user-data-dir={self.tmp.name}/profile"]
        made = self.call("POST", "/session", {"capabilities": {"alwaysMatch": {
            "goog:chromeOptions": {"binary": "/usr/bin/chromium", "args": args},
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"}}}})
        self.session = "/session/" + made["sessionId"]

    def call(self, method, path, body=None):
        data = json.dumps(body if body is not None else {}).encode() if method == "POST" else None
        r = urllib.request.Request(f"http://127.0.0.1:{self.port}{self.session}{path}", data,
                                   {"Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(r, timeout=60) as answer:
            return json.load(answer)["value"]

    def script(self, text):
        return self.call("POST", "/execute/sync", {"script": text, "args": []})

    def size(self, width, height):
        """What a phone has, which no window can be as narrow as."""
        self.call("POST", "/goog/cdp/execute", {
            "cmd": "Emulation.setDeviceMetricsOverride",
            "params": {"width": width, "height": height, "deviceScaleFactor": 1,
                       "mobile": width < 600}})

    def logs(self, kind):
        return self.call("POST", "/se/log", {"type": kind})

    def close(self):
        try:
            self.call("DELETE", "")
        except (urllib.error.URLError, ConnectionError):
            pass
        self.driver.terminate()
        self.driver.wait()
        self.tmp.cleanup()


def requests(browser, url):
    """What was fetched, apart from the page itself."""
    seen = []
    for entry in browser.logs("performance"):
        m = json.loads(entry["message"])["message"]
        if m["method"] == "Network.requestWillBeSent" and m["params"]["documentURL"] == url:
            seen.append(m["params"]["request"]["url"])
    return [u for u in seen if u != url and not u.startswith("data:")]


KEYS = {"right": "\ue014", "left": "\ue012", "down": "\ue015", "up": "\ue013", "home": "\ue011", "end": "\ue010"}
WHERE = """const p = document.querySelector('.play'), rows = [...p.querySelectorAll('tr[data-t]')];
return {at: rows.findIndex(r => r.classList.contains('now')), rows: rows.length,
        now: p.querySelectorAll('tr.now').length, said: p.querySelector('output').value,
        line: (p.querySelector('.side .now') || {}).textContent || '',
        cell: (p.querySelector('tr.now td.at') || {}).textContent || '',
        whose: [...p.querySelectorAll('.side [data-who]')].length}"""


def press(browser, *names):
    browser.call("POST", "/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": [
        {"type": kind, "value": KEYS[n]} for n in names for kind in ("keyDown", "keyUp")]}]})


def step_through(browser, name, check):
    """Real key presses on the first timeline: forwards, back, to both ends; and a button."""
    browser.script("const p = document.querySelector('.play'); p.scrollIntoView(); p.focus()")
    seen = []
    for keys in (["right"], ["right"], ["down"], ["left"], ["up"], ["end"], ["right"], ["home"], ["left"]):
        press(browser, *keys)
        seen.append(browser.script(WHERE))
        sight = browser.script(IN_SIGHT)
        check(f"{name}: buttons and source stay in sight, {keys[0]} {len(seen)}", all(sight), sight)
    last = seen[0]["rows"] - 1
    check(f"{name}: arrow keys step", [s["at"] for s in seen] == [0, 1, 2, 1, 0, last, last, 0, 0],
          [s["at"] for s in seen])
    check(f"{name}: one step at a time", all(s["now"] == 1 for s in seen), seen)
    check(f"{name}: says where", all(str(s["at"] + 1) in s["said"] and str(s["rows"]) in s["said"] for s in seen), seen)
    shown = [s for s in seen if s["line"].strip()]
    check(f"{name}: the source is beside it", shown and all(
        "".join(s["line"].split())[:6] in "".join(s["cell"].split()) for s in shown) and seen[5]["whose"] > 1, seen)
    browser.script("document.querySelector('.play button[value=\"1\"]').click()")
    check(f"{name}: buttons step", browser.script(WHERE)["at"] == 1, browser.script(WHERE))
    browser.script("document.activeElement.blur(); document.querySelector('.play').scrollIntoView()")
    press(browser, "right")
    check(f"{name}: keys reach the timeline in view", browser.script(WHERE)["at"] == 2, browser.script(WHERE))


def main():
    a = argparse.ArgumentParser()
    a.add_argument("--shots", type=pathlib.Path)
    a.add_argument("--timeline", action="store_true", help="the pages must have one, and it must step")
    a.add_argument("pages", nargs="+", type=pathlib.Path)
    args = a.parse_args()
    browser = Browser()
    bad = 0

    def check(name, ok, detail):
        nonlocal bad
        bad += not ok
        print(f"{'ok  ' if ok else 'FAIL'} {name}{'' if ok else ': ' + str(detail)[:3000]}")

    try:
        for page in args.pages:
            for label, (width, height) in WIDTHS.items():
                url = page.resolve().as_uri()
                name = f"{page.parent.name}/{page.name}, {label}"
                browser.logs("performance")
                browser.size(width, height)
                browser.call("POST", "/url", {"url": url})
                title = browser.script("return document.title")
                check(f"{name}: loads", bool(title), title)
                wide = browser.script("return document.documentElement.scrollWidth")
                check(f"{name}: fits", wide <= width, f"{wide} px in {width}")
                small = browser.script("return parseFloat(getComputedStyle(document.body).fontSize)")
                check(f"{name}: can be read", small >= 14, small)
                asked = requests(browser, url)
                check(f"{name}: asks nobody", not asked, asked)
                said = [x["message"] for x in browser.logs("browser")]
                check(f"{name}: silent", not said, said)
                ran = browser.script("return [typeof window.hacked, document.scripts.length]")
                ours = "report.html" in str(page) and "students" in str(page) or args.timeline
                check(f"{name}: no script", ran == ["undefined", 1 if ours else 0], ran)
                if args.timeline:
                    step_through(browser, name, check)
                if args.shots:
                    args.shots.mkdir(parents=True, exist_ok=True)
                    shot = browser.call("GET", "/screenshot")
                    (args.shots / f"{page.parent.name}-{page.stem}-{label}.png").write_bytes(
                        base64.b64decode(shot))
    finally:
        browser.close()
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
