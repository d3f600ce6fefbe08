"""The loops of pYIN, one line of its authors' text after another."""

import numpy as np


def weigh_dips(difference, thresholds, prior, decay, least):
    """Of each frame and period, how likely it is the frame's: Mauch & Dixon 2014, eq. 4 and 5."""
    likely = np.zeros(difference.shape)
    for row, out in zip(difference, likely, strict=True):
        walled = np.concatenate([[np.inf], row, [np.inf]])
        dips = [
            at
            for at in range(len(row))
            if walled[at] > row[at] and (row[at] <= walled[at + 2] if at else row[0] < row[1])
        ]
        for threshold, belief in zip(thresholds, prior, strict=True):
            under = [at for at in dips if row[at] < threshold]
            weights = np.exp(-decay * np.arange(len(under)))
            for at, weight in zip(under, weights, strict=True):
                out[at] += belief * weight / weights.sum()
            if dips and not under:
                out[min(dips, key=lambda at: row[at])] += least * belief
    return likely


def follow(observed, transition):
    """The likeliest states by Viterbi's algorithm; all are logarithms."""
    value, origins = observed[0], []
    for row in observed[1:]:
        ways = value[:, None] + transition
        origins.append(ways.argmax(0))
        value = row + ways.max(0)
    states = [int(value.argmax())]
    for origin in origins[::-1]:
        states.append(int(origin[states[-1]]))
    return states[::-1]
