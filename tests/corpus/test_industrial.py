"""SenML packs and Sparkplug B payloads of the corpus, against the values that lie beside them."""

import json
import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from edge.decoders.decoder import Decoded
from edge.decoders.senml import Options, build
from telemetry.errors import RejectedError
from telemetry.point import FieldValue
from tests.corpus.tally import CORPUS, Tally

SENML = CORPUS / "03_mqtt/senml"
# The files of an example share its resolved records; names are cut as decoder `senml` cuts them.
_FIELDS = {"Cel": "temperature", "%RH": "humidity", "lon": "longitude", "lat": "latitude", "%EL": "battery_level"}

pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not beside the repository")

Value = tuple[str, str, int | None, FieldValue]  # device, field, time in ns, value


def senml_files() -> list[Path]:
    return sorted(SENML.iterdir())


def expected_values(file: Path) -> list[Value]:
    """Return what the resolved records beside `file` say. Those made of relative times have the time of the day they were made: no time."""
    resolved = json.loads((SENML / f"{file.name.split('.')[0]}.gen.resolved.json").read_text())
    is_relative = file.name.startswith(("ex1.", "ex7.")) and "resolved" not in file.name
    values: list[Value] = []
    for record in resolved:
        device, _, rest = record["n"].rpartition(":") if record["n"].count(":") > 3 else (record["n"], "", "")
        [value] = [record[label] for label in ("v", "vs", "vb") if label in record]
        seconds, _, fraction = f"{record['t']:.9f}".partition(".")
        time_ns = None if is_relative else round(float(f"0.{fraction}") * 1e6) * 1000 + int(seconds) * 10**9
        values.append((device, rest or _FIELDS[record["u"]], time_ns, value))
    return values


def values_of(decoded: Decoded) -> list[Value]:
    return [(one.tags["device"], name, one.time_ns, value) for one in decoded.readings for name, value in one.fields.items()]


def tally_senml() -> Tally:
    tally = Tally("senml")
    for file in senml_files():
        tally.files += 1
        tally.frames += 1
        try:
            decoded = build(Options()).decode("", file.read_bytes())
        except RejectedError:
            tally.rejected += 1
            continue
        tally.readings += len(decoded.readings)
        tally.rejected += len(decoded.refusals)
        found, wanted = values_of(decoded), expected_values(file)
        tally.checked += len(wanted)
        if differing := set(wanted) ^ set(found):
            tally.mismatches["another value than the resolved record"] += len(differing)
    return tally


def tallies() -> Sequence[Tally]:
    return (tally_senml(),)


def test_every_senml_pack_of_the_corpus_gives_its_resolved_records() -> None:
    tally = tally_senml()
    assert (tally.files, tally.checked, tally.mismatches) == (35, 141, {})
    assert tally.rejected == 12, "10 files of EXI, XML and listings, and the binary data of example 7 twice"


@pytest.mark.parametrize("name", ["ex3", "ex5"])
def test_cbor_and_json_of_an_example_are_the_same(name: str) -> None:
    decoder = build(Options())
    assert decoder.decode("", (SENML / f"{name}.gen.cbor").read_bytes()) == decoder.decode("", (SENML / f"{name}.gen.json").read_bytes())


@pytest.mark.parametrize("name", ["ex1.gen.exi", "ex3.gen.cbor", "ex5.gen.exi"])
def test_the_hex_listings_are_the_bytes_beside_them(name: str) -> None:
    listing = (SENML / f"{name}.hex").read_text()
    rows = re.findall(r"^[0-9a-f]{4} ([0-9a-f ]*?) *(?:\||$)", listing, re.MULTILINE)
    assert bytes.fromhex("".join(rows)) == (SENML / name).read_bytes()


@pytest.mark.parametrize(("suffix", "word"), [(".exi", "EXI"), (".xml", "XML")])
def test_other_encodings_are_refused_by_their_names(suffix: str, word: str) -> None:
    files = [file for file in senml_files() if file.suffix == suffix]
    assert files
    for file in files:
        with pytest.raises(RejectedError) as caught:
            build(Options()).decode("", file.read_bytes())
        assert word in caught.value.reason
