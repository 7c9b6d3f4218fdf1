"""dbt's macros and messages, made when somebody asks for them.

For each node, and for each call of an adapter's macro, dbt makes an object of every macro that there is, a thousand of
them, and for each step a message that only its log would keep. That is half of a small build. Here a macro's object is
made when its name is looked up, and a debug message when it is read. What is rendered is the same: test_parses.py.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from typing import Any

from dbt.clients.jinja import MacroGenerator
from dbt.context.macros import MacroNamespace, MacroNamespaceBuilder
from dbt.context.manifest import ManifestContext
from dbt.contracts.graph.nodes import Macro
from dbt_common.behavior_flags import BehaviorFlagRendered
from dbt_common.clients import agate_helper
from dbt_common.clients.jinja import MacroFuzzTemplate, NativeSandboxTemplate
from dbt_common.dataclass_schema import dbtClassMixin
from dbt_common.events.base_types import BaseEvent, DebugLevel

Macros = dict[str, Macro]


def be_quick() -> None:
    """From now on, in this process."""
    gc.set_threshold(100_000, 20, 20)  # a manifest is a million objects that stay: looking through them took a seventh
    MacroNamespaceBuilder.build_namespace = build_namespace
    ManifestContext._build_namespace = into_a_lazy_context(ManifestContext._build_namespace)
    ManifestContext.to_dict = with_lazy_macros(ManifestContext.to_dict)
    NativeSandboxTemplate.new_context = MacroFuzzTemplate.new_context  # the others copy all that they could look up
    agate_helper.build_type_tester = made_once(agate_helper.build_type_tester)  # for each result: it brings a calendar
    # Each adapter looks for its own name in the sources of all callers, once for each of its flags.
    BehaviorFlagRendered._default_source = staticmethod(lambda: "dbt.adapters")
    dbtClassMixin.validate = classmethod(once_for_the_same(dbtClassMixin.validate.__func__))
    BaseEvent.__init__, BaseEvent.__getattr__ = unless_debug(BaseEvent.__init__), read(BaseEvent.__getattr__)


class Lazy(dict):
    """A dict that makes what it does not have yet of what it knows."""

    __slots__ = ("_known", "_make")

    def __init__(self, known: dict[str, Any], make: Callable[[Any], Any]) -> None:
        self._known, self._make = known, make

    def __missing__(self, key: str) -> Any:
        made = self[key] = self._make(self._known[key])
        return made

    def __contains__(self, key: object) -> bool:
        return super().__contains__(key) or key in self._known

    def get(self, key: str, default: Any = None) -> Any:
        return self[key] if key in self else default

    def __iter__(self) -> Iterator[str]:
        return iter({**dict.fromkeys(super().__iter__()), **self._known})

    def __len__(self) -> int:
        return len(self.keys())

    def __bool__(self) -> bool:
        return bool(self._known) or super().__len__() > 0

    def keys(self) -> Any:
        return {**dict.fromkeys(super().__iter__()), **self._known}.keys()

    def items(self) -> Any:
        return {key: self[key] for key in self}.items()

    def values(self) -> Any:
        return {key: self[key] for key in self}.values()


class Generator(MacroGenerator):
    """A macro in one context. Its template is run once, not with every call."""

    found: Any = None

    def get_macro(self) -> Callable:
        if self.found is None:
            self.found = super().get_macro()
        return self.found


class Namespace(MacroNamespace):
    """Which macros it knows is the same for all nodes of a package, in one manifest."""

    names: dict[str, str]


# Of the manifest that was asked for last: its macros, how many they are (a parse adds to them), dbt's own among them,
# and all names by the package that looks.
last: tuple[Any, int, Macros, dict[str, dict[str, str]]] = (None, 0, {}, {})


def build_namespace(self: MacroNamespaceBuilder, by_package: dict[str, Macros], ctx: dict[str, Any]) -> MacroNamespace:
    global last

    def make(macro: Macro) -> Generator:
        return Generator(macro, ctx, self.node, self.thread_ctx)

    size = sum(map(len, by_package.values()))
    known, known_size, internal, names = last
    if known is not by_package or known_size != size:
        internal, names = {}, {}
        for name in reversed(self.internal_package_names_order):
            internal.update(by_package.get(name, {}))
        last = by_package, size, internal, names
    packages = {name: Lazy(macros, make) for name, macros in by_package.items() if name not in self.internal_package_names}
    local = packages.get(self.search_package, {})
    root = {} if self.root_package == self.search_package else packages.get(self.root_package, {})
    namespace = Namespace(root, local, Lazy(internal, make), packages)
    key = f"{self.root_package} {self.search_package}"
    if key not in names:
        names[key] = {name: name for name in namespace}
    namespace.names = names[key]
    return namespace


def into_a_lazy_context(build: Any) -> Any:
    def build_into_it(self: ManifestContext) -> MacroNamespace:
        self._ctx = Lazy({}, lambda macro: self.namespace[macro])
        return build(self)

    return build_into_it


def with_lazy_macros(to_dict: Any) -> Any:
    def to_lazy_dict(self: ManifestContext) -> dict[str, Any]:
        if not isinstance(self._ctx, Lazy):
            return to_dict(self)
        ctx = super(ManifestContext, self).to_dict()
        names = self.namespace.names
        # Macros come before what is there already.
        for name in names.keys() & dict.keys(ctx):
            del ctx[name]
        ctx._known = names
        return ctx

    return to_lazy_dict


def made_once(make: Any) -> Any:
    known: dict[tuple, Any] = {}

    def kept(text_columns: Any, string_null_values: Any = ("null", "")) -> Any:
        key = (tuple(sorted(text_columns)), tuple(string_null_values))
        if key not in known:
            known[key] = make(text_columns, string_null_values)
        return known[key]

    return kept


def once_for_the_same(validate: Any) -> Any:
    """What was found to be valid is not looked at again. (The text of data says what they are and of which types.)"""
    valid: set[tuple[type, str]] = set()

    def validate_once(cls: type, data: Any) -> None:
        key = (cls, repr(data))
        if key not in valid:
            validate(cls, data)
            valid.add(key)

    return validate_once


def unless_debug(make: Any) -> Any:
    def made_later(self: BaseEvent, *args: Any, **kwargs: Any) -> None:
        if args or not isinstance(self, DebugLevel):
            make(self, *args, **kwargs)
        else:
            self.__dict__["later"] = make, kwargs

    return made_later


def read(getattr: Any) -> Any:
    def made_now(self: BaseEvent, key: str) -> Any:
        if "later" in self.__dict__:
            make, kwargs = self.__dict__.pop("later")
            make(self, **kwargs)
        return self.__dict__["pb_msg"] if key == "pb_msg" else getattr(self, key)

    return made_now
