"""Pictures of many images."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from skae.plotting._tiles import checked_image_shape, draw_picture, line_middles, tiled


@pytest.mark.parametrize("image_shape", [(2, 6), [2, 6], np.array([2, 6]), (np.int64(2), 6)])
def test_a_shape_that_fits(image_shape):
    assert checked_image_shape(image_shape, 12) == (2, 6)


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
    np.testing.assert_array_equal(line_middles(4, (4, 9), block=2), [1.5, 6.5, 13.5, 18.5])


def test_blocks_of_lines_have_a_wider_gap(rng):
    images = rng.random((6, 8))
    lines = [images[:2], images[2:4], images[4:5], images[5:6]]
    picture = tiled(lines, (4, 2), block=2)
    assert picture.shape == (4 * 4 + 3 + 2, 2 * 2 + 1)
    for i, top in enumerate([0, 5, 12, 17]):
        np.testing.assert_array_equal(picture[top : top + 4, :2], lines[i][0].reshape(4, 2))
    assert np.isnan(picture[9:12]).all() and np.isnan(picture[12:, 3:]).all()


def test_gaps_have_their_colour_and_values_theirs():
    ax = plt.figure().subplots()
    image = draw_picture(ax, np.array([[-1.0, np.nan, 1.0]]), cmap="gray", vmin=-1, vmax=1, gap="red")
    shown = image.to_rgba(image.get_array())
    np.testing.assert_array_equal(shown[0, :, :3], [[0, 0, 0], [1, 0, 0], [1, 1, 1]])
    assert len(ax.get_xticks()) == len(ax.get_yticks()) == 0
