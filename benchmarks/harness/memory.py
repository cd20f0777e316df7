"""Memory of this process, as reported by Linux."""

from __future__ import annotations

import threading


def status_kib(field):
    """A field of ``/proc/self/status`` in KiB, or None if the system has none: VmRSS is the current, VmHWM the peak.

    ``ru_maxrss`` is not used, since on Linux it starts from that of the parent process.
    """
    try:
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith(f"{field}:"))
    except OSError:
        return None


def peak_mib():
    """Greatest resident memory of this process so far, pages of mapped files included, or None."""
    kib = status_kib("VmHWM")
    return None if kib is None else kib / 1024


class PeakMemory:
    """Greatest resident memory of the process within the block, in MiB above its beginning."""

    def __enter__(self):
        self._over = threading.Event()
        self._start = self._most = status_kib("VmRSS")
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def _watch(self):
        while not self._over.wait(0.002):
            self._most = max(self._most, status_kib("VmRSS"))

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()
        self.mib = (self._most - self._start) / 1024
