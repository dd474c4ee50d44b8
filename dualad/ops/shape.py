"""The shape family in one place: layouts, joins, diagonals and padding, each in a file of its own."""

from __future__ import annotations

from .diagonals import diag as diag
from .diagonals import diagonal as diagonal
from .diagonals import put_diagonal as put_diagonal
from .diagonals import tril as tril
from .diagonals import triu as triu
from .join import array_split as array_split
from .join import concatenate as concatenate
from .join import flip as flip
from .join import repeat as repeat
from .join import roll as roll
from .join import split as split
from .join import stack as stack
from .join import tile as tile
from .layout import as_array as as_array
from .layout import astype as astype
from .layout import broadcast_to as broadcast_to
from .layout import copy as copy
from .layout import expand_dims as expand_dims
from .layout import filled as filled
from .layout import inverse as inverse
from .layout import moveaxis as moveaxis
from .layout import ndarray as ndarray
from .layout import normal_axes as normal_axes
from .layout import normal_axis as normal_axis
from .layout import rank as rank
from .layout import ravel as ravel
from .layout import reshape as reshape
from .layout import resolve as resolve
from .layout import shape_of as shape_of
from .layout import squeeze as squeeze
from .layout import swapaxes as swapaxes
from .layout import transpose as transpose
from .pad import pad as pad
from .pad import pad_zeros as pad_zeros
