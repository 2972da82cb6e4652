"""terminal.py - a program in a real pseudo-terminal, driven by what it shows. No sleeping: each
step waits for the event. For tests; not a terminal emulator.
"""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time

PATIENCE = float(os.environ.get("LOCKSTEP_PATIENCE", "180"))  # seconds; only a hang takes that long


class Terminal:
    """argv in a terminal of 120 x 40; `text` is all it has shown since the last wait()."""

    def __init__(self, argv, cwd=None, env=None):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(cwd or ".")
            os.execvpe(argv[0], argv, env or os.environ)
        self.resize(40, 120)
        self.shown = ""
        self.text = ""
        self.status = None

    def resize(self, rows, columns):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def page(self):
        """The lines that `text` has put on an empty screen last."""
        return self.text.rsplit("\x1b[2J", 1)[-1].replace("\r", "").split("\n")

    def read(self):
        ready, _, _ = select.select([self.fd], [], [], 1)
        if not ready:
            return True
        try:
            data = os.read(self.fd, 65536)
        except OSError:  # EIO: everybody has left
            return False
        self.shown += data.decode(errors="replace")
        return bool(data)

    def wait(self, pattern):
        """Until the pattern is shown; what was shown up to its end is in `text` and forgotten."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            found = re.search(pattern, self.shown, re.S)
            if found:
                self.text, self.shown = self.shown[:found.end()], self.shown[found.end():]
                return True
            if not self.read():
                break
        self.text = self.shown
        return False

    def key(self, keys):
        os.write(self.fd, keys.encode())

    def mode(self):
        """Does the terminal echo and wait for whole lines, as a shell's should?"""
        flags = termios.tcgetattr(self.fd)[3]
        return bool(flags & termios.ICANON and flags & termios.ECHO)

    def end(self):
        """Its exit status, once it has ended; 128 + the signal's number."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until and self.status is None:
            if not self.read():
                time.sleep(0.01)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = (os.WEXITSTATUS(status) if os.WIFEXITED(status)
                               else 128 + os.WTERMSIG(status))
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            self.status = -1
        self.text, self.shown = self.shown, ""
        return self.status
