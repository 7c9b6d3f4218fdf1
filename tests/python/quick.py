"""dbt's macros and messages, made when somebody asks for them.

For each node, and for each call of an adapter's macro, dbt makes an object of every macro that there is, a thousand of
them, and for each step a message that only its log would keep. That is half of a small build. Here a macro's object is
made when its name is looked up, and a debug message when it is read. What is rendered is the same: test_parses.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from dbt.clients.jinja import MacroGenerator
from dbt.context.macros import MacroNamespace, MacroNamespaceBuilder
from dbt.context.manifest import ManifestContext
from dbt.contracts.graph.nodes import Macro
from dbt_common.events.base_types import BaseEvent, DebugLevel

Macros = dict[str, Macro]


def be_quick() -> None:
    """From now on, in this process."""
    MacroNamespaceBuilder.build_namespace = build_namespace
    ManifestContext._build_namespace = into_a_lazy_context(ManifestContext._build_namespace)
    ManifestContext.to_dict = with_lazy_macros(ManifestContext.to_dict)
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
        return sum(1 for _ in self)

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


def build_namespace(self: MacroNamespaceBuilder, by_package: dict[str, Macros], ctx: dict[str, Any]) -> MacroNamespace:
    def make(macro: Macro) -> Generator:
        return Generator(macro, ctx, self.node, self.thread_ctx)

    internal: Macros = {}
    for name in reversed(self.internal_package_names_order):
        internal.update(by_package.get(name, {}))
    packages = {name: Lazy(macros, make) for name, macros in by_package.items() if name not in self.internal_package_names}
    local = packages.get(self.search_package, {})
    root = {} if self.root_package == self.search_package else packages.get(self.root_package, {})
    return MacroNamespace(root, local, Lazy(internal, make), packages)


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
        names = {name: name for name in self.namespace}
        # Macros come before what is there already.
        for name in names.keys() & dict.keys(ctx):
            del ctx[name]
        ctx._known = names
        return ctx

    return to_lazy_dict


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
