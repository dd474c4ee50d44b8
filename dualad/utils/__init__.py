"""PyTorch's path to the data tools: `dualad.utils.data`."""

from dualad.utils import data as data
