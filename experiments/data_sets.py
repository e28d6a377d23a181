"""One result for each simulated data set, kept in a file as soon as it is found, so that a run that was ended goes on."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

Found = dict[str, list[float]]


class Kept:
    """Results in a file of JSON lines, by case and number of the data set; None keeps nothing."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        lines = [] if path is None or not path.exists() else path.read_text(encoding="utf-8").splitlines()
        self.known = {(one["case"], one["set"]): one for one in map(json.loads, lines)}

    def results(self, case: str, one: Callable[[int], Found], sets: int) -> list[Found]:
        """Of so many data sets of a case; those that the file lacks are found and added to it."""
        return [self._result(case, one, number) for number in range(sets)]

    def seconds(self, case: str) -> float:
        """Processor time of a data set, on average."""
        spent = [line["seconds"] for (of, _), line in self.known.items() if of == case]
        return sum(spent) / len(spent)

    def _result(self, case: str, one: Callable[[int], Found], number: int) -> Found:
        if (case, number) not in self.known:
            begin = time.process_time()
            line = {"case": case, "set": number, **one(number), "seconds": time.process_time() - begin}
            self.known[case, number] = line
            if self.path is not None:
                with self.path.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(line) + "\n")
        return self.known[case, number]
