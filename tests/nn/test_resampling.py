"""What interpolation refuses; its numbers are in test_more_against_torch."""

import pytest

import dualad
from dualad.nn import functional as F


def test_refusals():
    image = dualad.zeros(1, 1, 2, 2)
    for mode in ("bicubic", "area"):
        with pytest.raises(NotImplementedError, match=mode):
            F.interpolate(image, 4, mode=mode)
    with pytest.raises(dualad.ShapeError, match="3 axes, got 4"):
        F.interpolate(image, 4, mode="linear")
    with pytest.raises(ValueError, match="align_corners"):
        F.interpolate(image, 4, align_corners=True)
    with pytest.raises(NotImplementedError, match="antialias"):
        F.interpolate(image, 4, mode="bilinear", antialias=True)
    with pytest.raises(ValueError, match="only one of size or scale_factor"):
        F.interpolate(image)
    with pytest.raises(ValueError, match="only one of size or scale_factor"):
        F.interpolate(image, 4, 2.0)
    with pytest.raises(ValueError, match="explicit size"):
        F.interpolate(image, 4, recompute_scale_factor=True)
    with pytest.raises(ValueError, match="spatial dimensions"):
        F.interpolate(image, (1, 2, 3))
    with pytest.raises(dualad.ShapeError, match="square of upscale_factor"):
        F.pixel_shuffle(image, 2)
    with pytest.raises(dualad.ShapeError, match="divisible by downscale_factor"):
        F.pixel_unshuffle(image, 3)


def test_single_precision_stays():
    x = dualad.randn(1, 1, 3, 3)
    assert F.interpolate(x, 5, mode="bilinear").dtype == dualad.float32
