"""A folder of pictures, sorted into a folder for each class."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from suffice.data.image_files import ENDINGS, read_image
from suffice.data.table import DataError, Table, position_names


def holds_pictures(folder: str | Path) -> bool:
    """Whether a path is a folder in whose folders pictures lie."""
    return Path(folder).is_dir() and bool(_files(Path(folder)))


def read_pictures(folder: str | Path) -> Table:
    """Read ``folder/class/*.png`` and the like: pictures of one size, whose class is the name of the folder that they lie in.

    Parameters
    ----------
    folder
        The folder of the folders.

    Returns
    -------
    Table
        ``values`` ``(n, D)`` are shades from 0 to 1, channel-first; ``image_shape`` is (channels, height, width) with 1 channel
        where all pictures are grey, else 3; ``target`` holds the names.

    Raises
    ------
    DataError
        If there are no pictures, or they cannot be read, differ in size or have transparent pixels.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import numpy as np
    >>> from matplotlib.image import imsave
    >>> from suffice.data import read_pictures
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name, shade in (("dark", 0), ("light", 255)):
    ...         pathlib.Path(folder, name).mkdir()
    ...         imsave(f"{folder}/{name}/0.png", np.full((2, 3), shade), cmap="gray", vmin=0, vmax=255)
    ...     table = read_pictures(folder)
    >>> table.image_shape, table.values[:, 0].tolist(), table.target.tolist()
    ((1, 2, 3), [0.0, 1.0], ['dark', 'light'])
    """
    folder = Path(folder)
    files = _files(folder)
    if not files:
        raise DataError(
            f"{folder} holds no pictures; a folder for each class is expected, with PNG, JPEG, TIFF, BMP or GIF files in it."
        )
    pictures = [_picture(file) for file in files]
    for file, picture in zip(files, pictures, strict=True):
        if picture.shape[1:] != pictures[0].shape[1:]:
            raise DataError(
                f"{file} has {picture.shape[1]} x {picture.shape[2]} pixels, and {files[0]} {pictures[0].shape[1]} x "
                f"{pictures[0].shape[2]}; pictures of one size are expected."
            )
    images = np.stack(pictures)
    if (images == images[:, :1]).all():
        images = images[:, :1]
    names = np.array([file.parent.name for file in files])
    kind = "Grey" if images.shape[1] == 1 else "Colour"
    note = f"{kind} pictures of {images.shape[2]} x {images.shape[3]} pixels from 0 to 1, {len(set(names))} folders of them."
    values = images.reshape(len(images), -1)
    return Table(values, position_names(values.shape[1]), folder.name, [note], images.shape[1:], names)


def _picture(path: Path) -> np.ndarray:
    """Shades from 0 to 1, (3, height, width) float32."""
    shades = read_image(path)
    colours = shades[np.newaxis] if shades.ndim == 2 else np.moveaxis(shades, -1, 0)
    return np.broadcast_to(colours, (3, *shades.shape[:2]))


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*/*") if path.suffix.lower() in ENDINGS and path.is_file())
