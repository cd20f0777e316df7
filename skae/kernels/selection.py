"""Selection of the greatest pre-activations without a sort: their places, in ascending order."""

import numpy as np

from .compiler import kernel


@kernel
def kth_greatest(values, n, k):
    """The k-th greatest of the first n values, which are reordered; they have no NaN (Hoare's quickselect)."""
    first, last = 0, n - 1
    while first < last:
        pivot = values[(first + last) // 2]
        i, j = first, last
        while i <= j:
            while values[i] > pivot:
                i += 1
            while values[j] < pivot:
                j -= 1
            if i <= j:
                values[i], values[j] = values[j], values[i]
                i += 1
                j -= 1
        if k - 1 <= j:
            last = j
        elif k - 1 >= i:
            first = i
        else:
            return values[k - 1]
    return values[k - 1]


@kernel
def greatest(values, k, workspace, chosen):
    """chosen[:k] = the places of the k greatest values, the lower among equals.

    The k-th greatest of the maxima of at least k blocks is a bound that at least k values reach, and where k is small
    few more. Place j is in block j mod the number of blocks, which makes the maxima a loop without branches.

    Parameters
    ----------
    values : ndarray of shape (n,)
        Without NaN.
    k : int
    workspace : ndarray of shape (n,)
    chosen : ndarray of shape (n,)
    """
    n = values.shape[0]
    size = max(1, n // (2 * k))
    n_blocks = (n + size - 1) // size
    maxima = workspace[:n_blocks]
    maxima[:] = values[:n_blocks]
    for start in range(n_blocks, n, n_blocks):
        part = values[start : min(n, start + n_blocks)]
        for b in range(part.shape[0]):
            maxima[b] = part[b] if part[b] > maxima[b] else maxima[b]
    bound = kth_greatest(maxima, n_blocks, k)
    count = 0
    for j in range(n):
        if values[j] >= bound:
            chosen[count] = j
            count += 1
    if count == k:
        return
    for c in range(count):
        workspace[c] = values[chosen[c]]
    bound = kth_greatest(workspace, count, k)
    room = k
    for c in range(count):
        room -= values[chosen[c]] > bound
    kept = 0
    for c in range(count):
        value = values[chosen[c]]
        equal = value == bound and room > 0
        room -= equal
        chosen[kept] = chosen[c]
        kept += equal or value > bound


@kernel
def greatest_of_rows(z, bias, k, first, last, sums, workspace, chosen, units, values):
    """The k greatest z_il + bias_l of the rows from first to last, at the places from i k to (i + 1) k; whether all of
    their sums are finite. ``sums``, ``workspace`` and ``chosen`` are buffers of the length of a row."""
    for i in range(first, last):
        finite = True
        for j in range(z.shape[1]):
            total = z[i, j] + bias[j]
            sums[j] = total
            finite &= abs(total) < np.inf
        if not finite:
            return False
        greatest(sums, k, workspace, chosen)
        for c in range(k):
            units[i * k + c] = chosen[c]
            values[i * k + c] = sums[chosen[c]]
    return True


@kernel
def greatest_of_columns(z, bias, first, last, sums, best, room, found, rows, values):
    """The k greatest z_il + bias_l of the columns from first to last, the lower i among equals, at the places from l k
    to (l + 1) k; whether all of their sums are finite.

    ``best``, of shape (k, width), is a buffer for the greatest of so many columns, in descending order; ``sums``,
    ``room`` and ``found`` are ones of shape (width,).
    """
    k, width = best.shape
    for start in range(first, last, width):
        here = min(width, last - start)
        finite = True
        best[:] = -np.inf
        for i in range(z.shape[0]):
            for c in range(here):
                total = z[i, start + c] + bias[start + c]
                sums[c] = total
                finite &= abs(total) < np.inf
            # Each sum sinks to its place among the greatest so far, of all columns at once.
            for t in range(k):
                row = best[t]
                for c in range(width):
                    total, other = sums[c], row[c]
                    row[c] = total if total > other else other
                    sums[c] = other if total > other else total
        if not finite:
            return False
        for c in range(here):
            found[c] = 0
            room[c] = k
            for t in range(k):
                room[c] -= best[t, c] > best[k - 1, c]
        for i in range(z.shape[0]):
            for c in range(here):
                total = z[i, start + c] + bias[start + c]
                if total >= best[k - 1, c]:
                    equal = total == best[k - 1, c]
                    if not equal or room[c] > 0:
                        room[c] -= equal
                        rows[(start + c) * k + found[c]] = i
                        values[(start + c) * k + found[c]] = total
                        found[c] += 1
    return True


@kernel
def maxima_of_rows(z, bias, first, last, maxima):
    """maxima_ib = the greatest z_il + bias_l of row i with l mod n_blocks = b, for the rows from first to last; whether
    all of their sums are finite."""
    n, n_blocks = z.shape[1], maxima.shape[1]
    for i in range(first, last):
        finite = True
        row = maxima[i]
        for b in range(n_blocks):
            row[b] = z[i, b] + bias[b]
            finite &= abs(row[b]) < np.inf
        for start in range(n_blocks, n, n_blocks):
            for b in range(min(n_blocks, n - start)):
                total = z[i, start + b] + bias[start + b]
                finite &= abs(total) < np.inf
                row[b] = total if total > row[b] else row[b]
        if not finite:
            return False
    return True


@kernel
def count_from(z, bias, bound, first, last, counts):
    """counts_i = how many z_il + bias_l of row i are at least the bound, for the rows from first to last."""
    for i in range(first, last):
        count = 0
        for j in range(z.shape[1]):
            count += z[i, j] + bias[j] >= bound
        counts[i] = count


@kernel
def collect_from(z, bias, bound, first, last, row_starts, units, values):
    """The entries that ``count_from`` counts, from the places row_starts_i on."""
    for i in range(first, last):
        place = row_starts[i]
        for j in range(z.shape[1]):
            total = z[i, j] + bias[j]
            if total >= bound:
                units[place] = j
                values[place] = total
                place += 1


@kernel
def keep_greatest(values, bound, k, kept):
    """kept_p = 1 for the k greatest values, the first among equals; the bound is the k-th."""
    room = k
    for p in range(values.shape[0]):
        room -= values[p] > bound
    for p in range(values.shape[0]):
        equal = values[p] == bound and room > 0
        room -= equal
        kept[p] = equal or values[p] > bound
