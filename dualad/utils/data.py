"""`dualad.data` under the path that PyTorch's users know: ``from dualad.utils.data import DataLoader``."""

from dualad.data import BatchSampler as BatchSampler
from dualad.data import ConcatDataset as ConcatDataset
from dualad.data import DataLoader as DataLoader
from dualad.data import Dataset as Dataset
from dualad.data import IterableDataset as IterableDataset
from dualad.data import RandomSampler as RandomSampler
from dualad.data import Sampler as Sampler
from dualad.data import SequentialSampler as SequentialSampler
from dualad.data import Subset as Subset
from dualad.data import SubsetRandomSampler as SubsetRandomSampler
from dualad.data import TensorDataset as TensorDataset
from dualad.data import WeightedRandomSampler as WeightedRandomSampler
from dualad.data import default_collate as default_collate
from dualad.data import random_split as random_split
