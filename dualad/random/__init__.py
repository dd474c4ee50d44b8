"""Random numbers that are differentiable in the parameters of their distributions.

    rng = dualad.random.default_rng(seed)
    z = rng.normal(mu, sigma, size=100)

`Generator` is NumPy's `numpy.random.Generator` (it inherits from it) with the same numbers for the same seed, bit by
bit, inside a transform and outside. Under a transform its draws follow their parameters:

- by reparameterisation where NumPy makes the numbers of noise that has no parameters: normal, uniform, laplace,
  logistic, gumbel, exponential, rayleigh, lognormal, weibull, pareto, power, triangular, multivariate_normal, and in
  the scale of gamma, the mean of wald, the centre of vonmises;
- implicitly, at a fixed value of the distribution function, elsewhere: gamma, chisquare, beta, dirichlet, f,
  standard_t, wald, vonmises, and what NumPy makes noncentral_chisquare and noncentral_f of (for df > 1);
- draws of whole numbers (poisson, binomial, choice(p=…) …) raise where a parameter carries a derivative, and say how
  the gradient of an expectation is written;
- `permutation`, `permuted`, `shuffle`, `choice` of a traced array move its entries, with their derivatives.

Parameters may be arrays, traced values, or tensors; of tensors come tensors, in double precision as in NumPy.

Each row of a `vmap` draws numbers of its own; a number that all rows are to share is drawn outside and passed in.
"""

from .generator import Generator as Generator
from .generator import default_rng as default_rng
