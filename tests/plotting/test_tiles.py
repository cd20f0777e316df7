"""Pictures of many images."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from skae.plotting._tiles import checked_image_shape, draw_picture, line_middles, tiled


@pytest.mark.parametrize("n_features, expected", [(1, (1, 1)), (64, (8, 8)), (784, (28, 28)), (10**12, (10**6, 10**6))])
def test_squares_are_guessed(n_features, expected):
    assert checked_image_shape(None, n_features) == expected


@pytest.mark.parametrize("image_shape", [(2, 6), [2, 6], np.array([2, 6]), (np.int64(2), 6)])
def test_a_shape_that_fits(image_shape):
    assert checked_image_shape(image_shape, 12) == (2, 6)


@pytest.mark.parametrize("n_features", [2, 12, 783])
def test_other_shapes_cannot_be_guessed(n_features):
    with pytest.raises(ValueError, match=rf"image_shape must be given: {n_features} features .*width = {n_features}"):
        checked_image_shape(None, n_features)


@pytest.mark.parametrize("image_shape", [(3, 5), (12,), 12, (2, 2, 3), (-3, -4), (3.0, 4.0), "ab", (), {3, 4}])
def test_shapes_that_do_not_fit(image_shape):
    with pytest.raises(ValueError, match=r"image_shape must be \(height, width\) with height \* width = 12"):
        checked_image_shape(image_shape, 12)


def test_images_lie_line_by_line_with_gaps(rng):
    images = rng.random((5, 6))
    picture = tiled([images[:3], images[3:]], (2, 3))
    assert picture.shape == (5, 11)
    expected = np.full((5, 11), np.nan)
    for number, image in enumerate(images):
        for pixel, value in enumerate(image):
            expected[number // 3 * 3 + pixel // 3, number % 3 * 4 + pixel % 3] = value
    np.testing.assert_array_equal(picture, expected)
    assert np.isnan(picture).sum() == 55 - 30


def test_middles_of_the_lines():
    np.testing.assert_array_equal(line_middles(3, (3, 9)), [1, 5, 9])


def test_gaps_have_their_colour_and_values_theirs():
    ax = plt.figure().subplots()
    image = draw_picture(ax, np.array([[-1.0, np.nan, 1.0]]), cmap="gray", vmin=-1, vmax=1, gap="red")
    shown = image.to_rgba(image.get_array())
    np.testing.assert_array_equal(shown[0, :, :3], [[0, 0, 0], [1, 0, 0], [1, 1, 1]])
    assert len(ax.get_xticks()) == len(ax.get_yticks()) == 0
