"""A folder of PNG pictures, sorted into a folder for each class."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from suffice.data.table import DataError, Table, position_names


def holds_pictures(folder: str | Path) -> bool:
    """Whether a path is a folder in whose folders PNG files lie."""
    return Path(folder).is_dir() and next(Path(folder).glob("*/*.[pP][nN][gG]"), None) is not None


def read_pictures(folder: str | Path) -> Table:
    """Read ``folder/class/*.png``: pictures of one size, whose class is the name of the folder that they lie in.

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
    files = sorted(folder.glob("*/*.[pP][nN][gG]"))
    if not files:
        raise DataError(
            f"{folder} holds no pictures; PNG files in a folder for each class, folder/class/*.png, are expected."
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
    from matplotlib.image import imread

    with path.open("rb") as file:
        try:
            pixels = np.asarray(imread(file, format="png"), np.float32)
        except (OSError, SyntaxError, ValueError) as error:
            raise DataError(f"{path} cannot be read as a PNG file ({error}).") from None
    if pixels.ndim == 2:
        return np.broadcast_to(pixels, (3, *pixels.shape))
    if pixels.shape[2] in (2, 4):
        if (pixels[..., -1] < 1).any():
            raise DataError(f"{path} has transparent pixels; give a picture without transparency.")
        pixels = pixels[..., :-1]
    return np.broadcast_to(np.moveaxis(pixels, -1, 0), (3, *pixels.shape[:2]))
