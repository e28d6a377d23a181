"""Saving and loading models: one safetensors file, arrays as tensors and everything else as JSON in its header."""

from typing import TYPE_CHECKING

from suffice.runtime.lazy import export_lazily

if TYPE_CHECKING:
    from suffice.files.atomic import FileError, write_atomically
    from suffice.files.container import read_record, write_record
    from suffice.files.model_file import load, save

export_lazily(__name__)
