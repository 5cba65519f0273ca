"""What a back end writes: the images of a bundle, or what was read from a board."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from firmware_bridge.bundle.image_fit import facts_of
from firmware_bridge.bundle.manifest import ImageKind, Manifest


@dataclass(frozen=True, slots=True)
class Image:
    """One image: bytes of the file, and where it goes (`address` counts for kind bin)."""

    file: str
    kind: ImageKind
    data: bytes
    address: int = 0

    def spans(self) -> tuple[tuple[int, int], ...]:
        """Return the flash ranges [start, end) that it writes. Raises ImageProblem."""
        return facts_of(self.kind, self.data, self.address).spans


def images_of(manifest: Manifest, files: Mapping[str, bytes]) -> tuple[Image, ...]:
    """Return a bundle's images in the order of writing."""
    return tuple(Image(entry.file, entry.kind, files[entry.file], entry.address) for entry in manifest.images)


def payload_bytes(images: Iterable[Image]) -> int:
    """Return how many bytes of flash the images fill."""
    return sum(end - start for image in images for start, end in image.spans())
