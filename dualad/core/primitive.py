"""The primitive: evaluation, JVP and VJP in one record, and rules that ask by name.

A rule's first parameter is what comes in, the tangent `dx` or the cotangent `g`. Each further parameter is a
name, looked up once, here: `out`, an argument, a keyword parameter, or `x_space` (shape and dtype of x).
What a VJP asks for is what the tape keeps, and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from inspect import CO_VARARGS, CO_VARKEYWORDS
from typing import Any

from .trace import bind


class Registry(dict):
    """The primitives by name. Families that few programs need are imported when a name is not found."""

    load_rest: Callable[[], None] | None = None  # set by dualad.ops

    def find(self, name: str) -> Primitive | None:
        """The primitive of this name, or None."""
        if name not in self and self.load_rest is not None:
            self.load_rest()
        return self.get(name)

    def __missing__(self, name):
        prim = self.find(name)
        if prim is None:
            raise KeyError(name)
        return prim


REGISTRY: Registry = Registry()


def names_of(call: Callable) -> tuple[str, ...]:
    """The names of a function's parameters. `inspect.signature` says the same, a hundred times slower."""
    code = call.__code__
    return code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]


class Rule:
    """A rule and the names it asks for, checked against what the primitive has to give."""

    __slots__ = ("asks", "call")

    def __init__(self, call: Callable, prim: Primitive, kind: str, arg: str):
        names = names_of(call)
        known = prim.names_to_ask()
        given = 2 if kind == "vjp_into" else 1
        for name in names[given:]:
            if name not in known:
                raise TypeError(
                    f"the {kind} rule of {prim.name} for {arg} asks for {name!r}; it can ask for {sorted(known)}"
                )
        self.call = call
        self.asks = tuple(names[given:])


class Primitive:
    """Everything the library knows of one operation.

    Attributes
    ----------
    args : names of the data arguments; the last may stand for any number (`variadic`).
    params : keyword parameters with their defaults; always hashable, never differentiated.
    required : keyword parameters without a default.
    jvp_rules, vjp_rules : by argument name.
    into_rules : VJPs that scatter, in a form that adds into the sweep's buffer; `(buffer, g, …)`, by argument
        name. They may ask for what the VJP of the same argument asks for and for parameters, and give
        NotImplemented where the VJP itself has to do.
    linear : names of the arguments in which the operation is *jointly* linear; its JVP is itself.
    multilinear : names in each of which it is linear; its JVP is a sum of itself.
    flat : for an operation whose derivative is zero or has no meaning, the reason.
    flat_args : arguments that carry no derivative (indices, masks), with the others differentiable.
    batch : how to apply it to arrays with a leading batch axis.
    samples : called by `dualad.testing` with a random generator, yields `Sample`s to try the rules on.
    domain, edges : the same for elementwise rows: an interval per argument, and policies at kinks.
    """

    joint = False  # whether the rules speak of all arguments at once; see core.joint

    def __init__(self, name: str, fun: Callable, doc: str | None = None, *, register: bool = True):
        if register and name in REGISTRY:
            raise TypeError(f"a primitive named {name!r} exists already")
        self.name = name
        self.fun = fun
        self.doc = doc if doc is not None else fun.__doc__
        self.args: tuple[str, ...] = ()
        self.params: dict[str, Any] = {}
        self.required: tuple[str, ...] = ()
        self.variadic = False
        self.multi = False
        self.elementwise = False
        self.holomorphic = True
        self.jvp_rules: dict[str, Rule] = {}
        self.vjp_rules: dict[str, Rule] = {}
        self.into_rules: dict[str, Rule] = {}
        self.linear: tuple[str, ...] = ()
        self.multilinear: tuple[str, ...] = ()
        self.flat: str | None = None
        self.flat_args: frozenset[str] = frozenset()
        self.batch: Callable | None = None
        self.strict: Callable | None = None
        self.samples: Callable | None = None
        self.domain: Any = None
        self.edges: tuple = ()
        self.face: Callable = self.__call__
        if register:
            REGISTRY[name] = self

    def read_signature(self, fun: Callable) -> None:
        """Positional parameters are data, keyword-only ones are parameters."""
        code = fun.__code__
        if code.co_flags & CO_VARKEYWORDS:
            raise TypeError(f"{self.name}: a primitive names its keywords; ** would swallow them")
        names, n = names_of(fun), code.co_argcount
        self.params = dict(fun.__kwdefaults__ or {})
        self.required = tuple(name for name in names[n:] if name not in self.params)
        self.variadic = bool(code.co_flags & CO_VARARGS)
        self.args = names[:n] + code.co_varnames[len(names) : len(names) + self.variadic]

    def names_to_ask(self) -> set[str]:
        return {
            "out",
            "i",
            *self.args,
            *self.params,
            *self.required,
            *(f"{a}_space" for a in (*self.args, "out")),
        }

    def arg_name(self, position: int) -> str:
        """The name of the argument at a position; the last name covers all further positions."""
        return self.args[position] if position < len(self.args) else self.args[-1]

    def is_variadic(self, position: int) -> bool:
        return self.variadic and position >= len(self.args) - 1

    def set_rules(self, kind: str, rules: dict[str, Callable]) -> None:
        table = {"jvp": self.jvp_rules, "vjp": self.vjp_rules, "vjp_into": self.into_rules}[kind]
        for arg, call in rules.items():
            if arg not in self.args:
                raise TypeError(f"{self.name} has no argument {arg!r}; it has {self.args}")
            table[arg] = Rule(call, self, kind, arg)

    def __call__(self, *args, **params):
        return bind(self, args, {**self.params, **params})

    def __repr__(self):
        return f"<primitive {self.name}>"


def primitive(fun=None, *, name=None, linear="", multilinear="", flat=None, flat_args="", multi=False):
    """Decorator: make a primitive of an evaluation on plain arrays.

    Positional parameters are data, keyword-only ones hashable parameters. The public function that is
    returned carries `.primitive`, and `.jvp`, `.vjp`, `.batching`, `.strict`, `.samples`, which take the rules.

    Parameters
    ----------
    linear, multilinear : str
        Names of arguments, separated by spaces: the JVP follows from the operation itself.
    flat : str, optional
        The reason why the operation has no derivative.
    flat_args : str
        Arguments that carry no derivative.
    multi : bool
        The evaluation returns a tuple.
    """
    if fun is None:
        return lambda f: primitive(
            f,
            name=name,
            linear=linear,
            multilinear=multilinear,
            flat=flat,
            flat_args=flat_args,
            multi=multi,
        )
    prim = Primitive(name or fun.__name__, fun)
    prim.read_signature(fun)
    prim.linear = tuple(linear.split())
    prim.multilinear = tuple(multilinear.split())
    prim.flat = flat
    prim.flat_args = frozenset(flat_args.split())
    prim.multi = multi
    return _make_face(prim, fun)


def _make_face(prim, fun):
    defaults = prim.params

    if defaults or prim.required:

        def face(*args, **params):
            return bind(prim, args, {**defaults, **params})

    else:

        def face(*args):
            return bind(prim, args, {})

    face.__name__ = face.__qualname__ = prim.name
    face.__doc__ = prim.doc
    face.__module__ = fun.__module__
    face.__wrapped__ = fun
    return attach_rule_setters(prim, face)


def attach_rule_setters(prim: Primitive, face: Callable) -> Callable:
    """Give the public function of a primitive its `.primitive`, `.jvp`, `.vjp` …"""

    def set_jvp(all=None, /, **rules):
        prim.set_rules("jvp", rules if all is None else {prim.args[0]: all})
        return face

    def set_vjp(all=None, /, **rules):
        prim.set_rules("vjp", rules if all is None else {prim.args[0]: all})
        return face

    def set_vjp_into(all=None, /, **rules):
        prim.set_rules("vjp_into", rules if all is None else {prim.args[0]: all})
        return face

    def set_batch(rule):
        prim.batch = rule
        return rule

    def set_strict(rule):
        prim.strict = rule
        return rule

    def set_samples(samples):
        prim.samples = samples
        return samples

    face.primitive = prim
    face.jvp, face.vjp, face.vjp_into = set_jvp, set_vjp, set_vjp_into
    face.batching, face.strict, face.samples = set_batch, set_strict, set_samples
    prim.face = face
    return face
