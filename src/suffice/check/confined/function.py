"""A function in a file as a claim: read here, run in a process of its own."""

from __future__ import annotations

import ast
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Timer
from typing import Any

import numpy as np

import suffice
from suffice.check.claims import Claim, ClaimError
from suffice.check.confined.frames import FrameError, receive, send
from suffice.check.grammar.source import formula_in


@dataclass(frozen=True)
class Limits:
    """What a function of a file may take: seconds for all of its calls in one check, and bytes of memory."""

    seconds: float = 10.0
    memory: int = 4 * 1024**3


@contextmanager
def confined(path: Path, function: str, limits: Limits) -> Iterator[Claim]:
    """The function of a file as a claim; its process ends with the block. Nothing is run before it is called."""
    text = _text(path)
    taken = _arguments(text, path, function)
    process = _Process(path, function, limits)
    try:
        yield Claim(process.answer, formula_in(text, function), taken=taken)
    finally:
        process.end()


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ClaimError(
            f"The file {path.name} cannot be read: {getattr(error, 'strerror', None) or 'it is not UTF-8'}."
        ) from None


def _arguments(text: str, path: Path, function: str) -> frozenset[str] | None:
    """Names of its arguments; ``None`` where it takes any, or is not written with ``def``."""
    try:
        body = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = f" at line {error.lineno}" if isinstance(error, SyntaxError) else ""
        raise ClaimError(f"The file {path.name} is not Python{line}.") from None
    functions = {node.name: node.args for node in body if isinstance(node, ast.FunctionDef)}
    if function in functions:
        args = functions[function]
        return None if args.kwarg else frozenset(one.arg for one in (*args.posonlyargs, *args.args, *args.kwonlyargs))
    if function not in bound_names(body):
        said = f"it has {', '.join(functions)}" if functions else "it has none"
        raise ClaimError(f"The file {path.name} has no function {function!r}; {said}.")
    return None


def bound_names(body: list[ast.stmt]) -> set[str]:
    """Names that a file binds without ``def``."""
    nodes = [part for line in body if not isinstance(line, ast.FunctionDef) for part in ast.walk(line)]
    stored = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    return stored | {node.asname or node.name for node in nodes if isinstance(node, ast.alias)}


@dataclass
class _Process:
    """The other process, begun with the first call, and the seconds that are left to it."""

    path: Path
    function: str
    limits: Limits
    spent: float = 0.0
    ended: str = ""
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def answer(self, point: Mapping[str, Any]) -> Any:
        """What the function gives at a point, or a ``ClaimError``."""
        if self.ended:
            raise ClaimError(self.ended)
        begin = time.perf_counter()
        self.process = self.process or _begun(self.path, self.function, self.limits)
        timer = Timer(max(self.limits.seconds - self.spent, 0.01), self._too_long)
        timer.start()
        try:
            reply = _exchanged(self.process, point)
        finally:
            timer.cancel()
            self.spent += time.perf_counter() - begin
        if reply is None:
            self.ended = self.ended or f"Your function ended its process; it may have used more than {self._memory()}."
            raise ClaimError(self.ended)
        return _value(reply)

    def end(self) -> None:
        """Ends the process and what it started."""
        if self.process is None:
            return
        self._kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            with suppress(OSError):
                pipe.close()  # type: ignore[union-attr]

    def _too_long(self) -> None:
        self.ended = f"Your function took more than {self.limits.seconds:g} s and was stopped."
        self._kill()

    def _kill(self) -> None:
        """Kills the process and those that it started."""
        if self.process is None:
            return
        with suppress(OSError):
            if hasattr(os, "killpg"):
                os.killpg(self.process.pid, signal.SIGKILL)
            else:
                self.process.kill()

    def _memory(self) -> str:
        return f"{self.limits.memory / 1024**3:.3g} GiB of memory"


def _exchanged(process: subprocess.Popen[bytes], point: Mapping[str, Any]) -> dict[str, np.ndarray] | None:
    try:
        send(process.stdin, point)  # type: ignore[arg-type]
        return receive(process.stdout)  # type: ignore[arg-type]
    except (OSError, FrameError):
        return None


def _begun(path: Path, function: str, limits: Limits) -> subprocess.Popen[bytes]:
    settings = json.dumps({"path": str(path.resolve()), "function": function, "memory": limits.memory})
    here = str(Path(suffice.__file__).resolve().parents[1])
    places = os.pathsep.join(part for part in (here, os.environ.get("PYTHONPATH", "")) if part)
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "suffice.check.confined.child", settings],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=path.resolve().parent,
        env={**os.environ, **dict.fromkeys(THREADS, "1"), "PYTHONPATH": places},
        start_new_session=True,
    )


THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
"""Each thread of BLAS reserves memory, which counts."""


def _value(reply: dict[str, np.ndarray]) -> Any:
    if "refused" in reply:
        raise ClaimError(str(reply["refused"]))
    parts = tuple(reply[name] for name in sorted(reply, key=lambda name: (len(name), name)) if name.startswith("part"))
    if not parts:
        raise ClaimError("Your function gave nothing that can be read.")
    return parts if reply.get("several", False) else parts[0]
