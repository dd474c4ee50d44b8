"""The factorisations in one place: eigenvalues (`eigen`), singular values (`svd`), `qr`."""

from .eigen import eig as eig
from .eigen import eigh as eigh
from .eigen import eigvals as eigvals
from .eigen import eigvalsh as eigvalsh
from .qr import qr as qr
from .svd import svd as svd
from .svd import svdvals as svdvals
