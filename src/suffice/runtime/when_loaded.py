"""What is to be done once a package is imported, by whomever: at once where it is there already."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from threading import local
from types import ModuleType
from typing import Any

Work = Callable[[Any], None]

_waiting: dict[str, list[Work]] = {}
_looking = local()


def when_loaded(package: str, work: Work) -> None:
    """Do ``work`` with a package as soon as it has been imported."""
    module = sys.modules.get(package)
    if module is not None and package not in _waiting:
        work(module)
        return
    if package not in _waiting:
        sys.meta_path.insert(0, _Finder(package))
    _waiting.setdefault(package, []).append(work)


class _Finder(MetaPathFinder):
    """Finds a package as Python does, and has its loader do what is waiting."""

    def __init__(self, package: str):
        self.package = package

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != self.package or getattr(_looking, "now", False):
            return None
        _looking.now = True
        try:
            spec = find_spec(fullname)
        finally:
            _looking.now = False
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec.loader, self)
        return spec


class _Loader(Loader):
    def __init__(self, loader: Any, finder: _Finder):
        self.loader, self.finder = loader, finder

    def __getattr__(self, name: str) -> Any:
        return getattr(self.loader, name)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self.loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        package = module.__name__
        module.__loader__ = self.loader
        if module.__spec__ is not None:
            module.__spec__.loader = self.loader
        self.loader.exec_module(module)
        while _waiting[package]:
            _waiting[package].pop(0)(module)
        del _waiting[package]
        sys.meta_path.remove(self.finder)
