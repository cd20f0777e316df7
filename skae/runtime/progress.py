"""A progress bar of one line for a terminal."""

from __future__ import annotations

import shutil
import threading
import time

_WIDTH = 24
_REFRESH_SECONDS = 0.5


class ProgressBar:
    """Callable (done, total, label) that keeps one line of a terminal up to date; a context manager that clears it.

    The line is redrawn twice a second, so its clock keeps running during a long step.

    Parameters
    ----------
    stream : text file
        Where to draw; nothing is drawn where it is not a terminal.
    enabled : bool, default=True
        False to draw nothing at all.
    """

    def __init__(self, stream, enabled=True):
        self.stream = stream
        # Without a standard error, as in a daemon, the stream is None.
        self.shown = enabled and stream is not None and stream.isatty()
        self._state = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._refresh, daemon=True)

    def __enter__(self):
        self._start = time.monotonic()
        if self.shown:
            self._thread.start()
        return self

    def __exit__(self, *exception):
        self._stop.set()
        if self.shown:
            self._thread.join()
            self._draw("")

    def __call__(self, done, total, label):
        self._state = (done, total, label, time.monotonic() - self._start)

    def _refresh(self):
        while not self._stop.wait(_REFRESH_SECONDS):
            if self._state is not None:
                self._draw(progress_line(*self._state, time.monotonic() - self._start))

    def _draw(self, line):
        # The last column is left free: a character there moves some terminals to the next line.
        width = shutil.get_terminal_size().columns - 1
        self.stream.write("\r" + line[:width].ljust(width) + ("" if line else "\r"))
        self.stream.flush()


def progress_line(done, total, label, since, elapsed):
    """The line of the bar.

    Parameters
    ----------
    done, total : int
        Steps.
    label : str
        Label of the current step.
    since, elapsed : float
        Seconds from the start to the end of the last step, and from the start to now.

    Returns
    -------
    str
    """
    filled = _WIDTH * done // total
    bar = "#" * filled + "-" * (_WIDTH - filled)
    left = f", about {_clock(max(0.0, since / done * total - elapsed))} left" if done else ""
    return f"[{bar}] {done}/{total}  {_clock(elapsed)}{left}  {label}"


def _clock(seconds):
    minutes, seconds = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
