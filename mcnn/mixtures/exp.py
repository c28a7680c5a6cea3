"""The exponential of float32 arrays inside compiled functions.

Numba calls the C library for every number. These loops hold nothing but arithmetic, so that the
compiler turns them into vector instructions, several times faster.
"""

import numba
import numpy as np

SMALLEST = np.float32(-80)
"""Smaller arguments are raised to this, whose exponential is still a normal number."""

LOG2_E, LN_2 = np.float32(1 / np.log(2)), np.float32(np.log(2))


@numba.njit(cache=True, nogil=True, fastmath=True)
def exp_in_place(values, bits, scale):  # type: ignore[no-untyped-def]
    """Exponential of ``(n,)`` float32, none above 80; relative error below 4e-6.

    `bits` int32 and `scale` float32 are two views of the same memory, of at least n numbers.
    """
    for i in range(len(values)):
        # 2 to the power of a whole number and of a rest in [-1/2, 1/2].
        power = max(values[i], SMALLEST) * LOG2_E
        whole = np.floor(power + np.float32(0.5))
        rest = (power - whole) * LN_2
        series = np.float32(1 / 720)
        series = series * rest + np.float32(1 / 120)
        series = series * rest + np.float32(1 / 24)
        series = series * rest + np.float32(1 / 6)
        series = series * rest + np.float32(0.5)
        series = series * rest + np.float32(1)
        values[i] = series * rest + np.float32(1)
        # The bits of that power of two as a float32.
        bits[i] = (np.int32(whole) + 127) << 23
    for i in range(len(values)):
        values[i] *= scale[i]
