"""NumPy's ufuncs: each with its arguments, `out=`, `where=`, `dtype=`, and a ufunc's methods."""

from __future__ import annotations

import numpy as np

# Where the argument of a function of one argument may lie: anywhere (A), positive (P), in (-1, 1) (U), above 1 (O).
ONE = {
    "A": """absolute negative positive exp exp2 expm1 sin cos tan sinh cosh tanh arctan arcsinh square fabs
        degrees radians deg2rad rad2deg conjugate sign floor ceil trunc rint isfinite isinf isnan signbit logical_not
        spacing cbrt""",
    "P": "sqrt log log2 log10 log1p reciprocal cbrt",
    "U": "arcsin arccos arctanh",
    "O": "arccosh",
    "C": """absolute negative positive exp exp2 expm1 sin cos tan sinh cosh tanh arcsin arccos arctan arcsinh arccosh
        arctanh square sqrt log log2 log10 log1p reciprocal conjugate""",
}
TWO = {
    "A, B": """add subtract multiply divide maximum minimum fmax fmin hypot arctan2 copysign logaddexp logaddexp2
        equal not_equal less less_equal greater greater_equal logical_and logical_or logical_xor nextafter heaviside""",
    "P, B": "power float_power",
    "A, P": "remainder fmod divmod floor_divide",
    "C, A": "add subtract multiply divide",
    "A, C": "power",
}
ALIASES = """abs=absolute acos=arccos acosh=arccosh asin=arcsin asinh=arcsinh atan=arctan atan2=arctan2
    atanh=arctanh conj=conjugate mod=remainder pow=power true_divide=divide""".split()
VALUES = """sign floor ceil trunc rint isfinite isinf isnan signbit logical_not spacing equal not_equal less less_equal
    greater greater_equal logical_and logical_or logical_xor nextafter heaviside floor_divide divmod""".split()


def made() -> dict[str, list[str]]:
    """The calls of each ufunc."""
    calls: dict[str, list[str]] = {}
    for argument, names in ONE.items():
        for name in names.split():
            calls.setdefault(name, []).append(f"np.{name}({argument})")
            if argument != "C" and name not in VALUES:
                calls[name] += keywords(name, argument)
    for arguments, names in TWO.items():
        for name in names.split():
            first, second = arguments.split(", ")
            calls.setdefault(name, []).extend([f"np.{name}({arguments})", f"np.{name}({first}, {second}[0])"])
            calls[name] += [f"np.{name}(s, {second})", f"np.{name}({first}, 2.0)"]
            if "C" not in arguments and name not in VALUES:
                calls[name] += keywords(name, arguments)
                calls[name] += [f"np.{name}.outer({first}[0], {second}[:, 1])"]
    for name in (
        "add",
        "multiply",
        "maximum",
        "minimum",
        "logaddexp",
        "hypot",
        "fmax",
        "fmin",
        "subtract",
        "divide",
    ):
        calls[name] += methods(name)
    for pair in ALIASES:
        alias, name = pair.split("=")
        if hasattr(np, alias):
            calls[alias] = [calls[name][0].replace(f"np.{name}", f"np.{alias}")]
    calls["frexp"] = ["np.frexp(A)"]
    calls["modf"] = ["np.modf(A)"]
    calls["ldexp"] = ["np.ldexp(A, 2)", "np.ldexp(A, INDEX)"]
    return calls


def keywords(name, arguments):
    return [
        f"np.{name}({arguments}, out=buffer((3, 4)))",
        f"np.{name}({arguments}, out=buffer((3, 4)), where=MASK)",
        f"np.{name}({arguments}, where=MASK, out=Q.copy())",
        *([] if name == "float_power" else [f"np.{name}({arguments}, dtype=np.float32)"]),
        f"np.{name}({arguments}, casting='same_kind', order='C', subok=False)",
    ]


def methods(name):
    ordered = [f"np.{name}.reduce(P, axis=1, initial=s)"] if name not in ("subtract", "divide") else []
    return [
        *ordered,
        f"np.{name}.reduce(P)",
        f"np.{name}.reduce(P, axis=1, keepdims=True)",
        f"np.{name}.reduce(P, axis=1, out=buffer(3))",
        f"np.{name}.accumulate(P, axis=1)",
        f"np.{name}.reduceat(P, [0, 2, 1], axis=1)",
        f"change(np.{name}.at, P, ([0, 2], [1, 3]), s)",
        f"change(np.{name}.at, P, INDEX[:2], Q[:2])",
        f"change(np.{name}.at, P, INDEX, t)",
    ]
