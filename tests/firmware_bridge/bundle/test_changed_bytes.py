"""No byte of a valid bundle may be changed without notice, and no bytes at all make the reader stumble."""

import zlib

from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_bridge.bundle.open import open_bytes
from firmware_bridge.bundle.refusal import BundleRefused
from tests.stand_ins.bundles import KEY, bundle_bytes, esp_bundle, esp_file, hex_file, trusting

TRUST = trusting(KEY)
BUNDLES = (bundle_bytes({"app.hex": hex_file(code=bytes(range(64)))}), bundle_bytes({"a.hex": hex_file(), "b.hex": hex_file(0x4000)}))
OPENED = tuple(open_bytes(data, TRUST) for data in BUNDLES)


def opens_alike(data: bytes, which: int) -> bool:
    """Whether the bundle opens with the same manifest and images; a refusal is False, anything else is raised."""
    try:
        found = open_bytes(data, TRUST)
    except BundleRefused:
        return False
    assert (found.manifest, found.images) == (OPENED[which].manifest, OPENED[which].images)
    return True


def test_any_changed_bit_of_a_bundle_is_refused_or_proves_harmless() -> None:
    data = BUNDLES[0]
    harmless = [
        at for at in range(8 * len(data)) if opens_alike(data[: at // 8] + bytes([data[at // 8] ^ 1 << at % 8]) + data[at // 8 + 1 :], 0)
    ]
    assert len({at // 8 for at in harmless}) < 40  # the maker's version, attributes and unused bits at the end of a stream


@given(st.sampled_from((0, 1)), st.integers(0, 10_000), st.integers(0, 255))
@settings(max_examples=300)
def test_any_changed_byte_of_a_bundle_is_refused_or_proves_harmless(which: int, at: int, value: int) -> None:
    data = bytearray(BUNDLES[which])
    data[at % len(data)] = value
    opens_alike(bytes(data), which)


@given(
    st.sampled_from((0, 1)), st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 40), st.binary(max_size=40)), min_size=1, max_size=4)
)
@settings(max_examples=300)
def test_spliced_bundles_are_refused_or_prove_harmless(which: int, splices: list[tuple[int, int, bytes]]) -> None:
    data = BUNDLES[which]
    for at, cut, put in splices:
        start = at % (len(data) + 1)
        data = data[:start] + put + data[start + cut :]
    opens_alike(data, which)


@given(st.binary(max_size=400))
def test_any_bytes_are_refused(data: bytes) -> None:
    for tried in (data, b"PK\x03\x04" + data, b"PK\x05\x06" + data):
        assert not opens_alike(tried, 0)


def test_the_same_images_and_manifest_give_the_same_bundle() -> None:
    assert bundle_bytes() == bundle_bytes()


def test_image_that_packs_too_well_is_stored_so_that_it_opens() -> None:
    content = esp_file(padding=1 << 20)
    assert len(zlib.compress(content)) * 100 < len(content)
    assert open_bytes(esp_bundle(content), TRUST).images == {"app.bin": content}
