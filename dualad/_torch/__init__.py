"""The PyTorch-shaped face, one noun a file. `dualad/_tensor.py` is its door.

modes      no_grad and its kin
dtypes     the default dtype, Size
tape       the ambient tape: leaves, what is recorded and what is not
handle     Tensor's body: slots, value, conversions, printing
operators, elementwise, reductions, shaping, indexing, products
           Tensor's methods by family, one mix-in each
views      a write through a view reaches its base, and the base's other views
inplace    in-place methods, under PyTorch's rules
backward   backward, autograd.grad, hooks
tensor     the class, put together; pytree and pickle
creation, random, functions
           what stands at module level
"""
