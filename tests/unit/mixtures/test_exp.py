import numpy as np

from mcnn.mixtures.exp import exp_in_place


def exponential(values):
    bits = np.empty(len(values), np.int32)
    result = values.copy()
    exp_in_place(result, bits, bits.view(np.float32))
    return result


def test_it_is_the_exponential():
    values = np.linspace(-80, 80, 100_001, dtype=np.float32)
    expected = np.exp(values.astype(np.float64))
    np.testing.assert_allclose(exponential(values), expected, rtol=4e-6)
    small = values[(values > -20) & (values <= 0)]
    np.testing.assert_allclose(exponential(small), np.exp(small.astype(np.float64)), rtol=1.2e-6)


def test_what_is_too_small_for_a_normal_number_ends_next_to_nothing():
    values = np.array([-80, -81, -1e30], np.float32)
    np.testing.assert_array_equal(exponential(values[1:]), exponential(values[:1])[0])
