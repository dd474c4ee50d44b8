"""Datasets and loaders with PyTorch's names, and the two data sets of the examples.

Imports NumPy and the standard library alone. `dualad.utils.data` has the PyTorch half under PyTorch's path.
"""

from dualad.data._random import set_default_generator as set_default_generator
from dualad.data.collate import default_collate as default_collate
from dualad.data.collate import register_collate as register_collate
from dualad.data.dataset import ConcatDataset as ConcatDataset
from dualad.data.dataset import Dataset as Dataset
from dualad.data.dataset import IterableDataset as IterableDataset
from dualad.data.dataset import Subset as Subset
from dualad.data.dataset import TensorDataset as TensorDataset
from dualad.data.dataset import random_split as random_split
from dualad.data.digits import load_digit_images as load_digit_images
from dualad.data.digits import load_digits as load_digits
from dualad.data.errors import DataError as DataError
from dualad.data.errors import DataUnavailable as DataUnavailable
from dualad.data.images import DigitImages as DigitImages
from dualad.data.loader import DataLoader as DataLoader
from dualad.data.mnist import load_mnist as load_mnist
from dualad.data.sampler import BatchSampler as BatchSampler
from dualad.data.sampler import RandomSampler as RandomSampler
from dualad.data.sampler import Sampler as Sampler
from dualad.data.sampler import SequentialSampler as SequentialSampler
from dualad.data.sampler import SubsetRandomSampler as SubsetRandomSampler
from dualad.data.sampler import WeightedRandomSampler as WeightedRandomSampler
