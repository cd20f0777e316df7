"""Timing of contenders that run in turn, so that a temporary load of the machine affects all of them."""

from __future__ import annotations

import time

from .statistics import median, median_ratio


def timed(function, clock=time.perf_counter):
    """Seconds of a call, and its result."""
    start = clock()
    value = function()
    return clock() - start, value


class Timings:
    """Seconds of contenders, round by round.

    Parameters
    ----------
    measure : callable (contender) -> (float, object)
        Runs a contender; returns its seconds and its result.
    pause : float
        Seconds of rest before each run, in which the threads of the previous contender fall asleep.

    Attributes
    ----------
    seconds, values : dict of str to list
        For each contender, one entry per round.
    """

    def __init__(self, measure=timed, pause=0.0):
        self._measure = measure
        self._pause = pause
        self.seconds = {}
        self.values = {}

    def round(self, contenders):
        """Run each contender once, in the order of the dictionary."""
        for name, contender in contenders.items():
            if self._pause:
                time.sleep(self._pause)
            seconds, value = self._measure(contender)
            self.seconds.setdefault(name, []).append(seconds)
            self.values.setdefault(name, []).append(value)

    def median(self, name):
        """Seconds of a contender, as the median over the rounds."""
        return median(self.seconds[name])

    def ratio(self, name, other):
        """Seconds of one contender relative to those of another, as the median over the rounds."""
        return median_ratio(self.seconds[name], self.seconds[other])


def alternate(contenders, rounds, *, unrecorded=0, measure=timed, pause=0.0):
    """Run contenders in turn, round after round.

    Parameters
    ----------
    contenders : dict of str to callable
        Called without arguments, unless ``measure`` does otherwise.
    rounds : int
    unrecorded : int
        Additional rounds at the beginning, in which contenders compile and start their processes.
    measure, pause
        As in `Timings`.

    Returns
    -------
    Timings
    """
    before, timings = (Timings(measure, pause) for _ in range(2))
    for _ in range(unrecorded):
        before.round(contenders)
    for _ in range(rounds):
        timings.round(contenders)
    return timings
