"""The ufuncs of `scipy.special` that have rules, by the name of their primitive."""

# Arguments: anywhere (A), positive (P), in (-1, 1) (U), in (0, 1) or (0, 2).
ARGUMENTS = {
    "A": "expit log_expit erf erfc erfcx ndtr log_ndtr i0 i1 i0e i1e",
    "P": "gamma gammaln psi entr",
    "U": "erfinv",
    "P / 1.1": "erfcinv",
    "P / 2.5": "logit",
    "P, Q": "beta betaln",
    "A, P": "xlogy xlog1py",
}
CALLS = "\n".join(
    f"scipy.special.{name}\n    special.{name}({arguments})"
    for arguments, names in ARGUMENTS.items()
    for name in names.split()
)
