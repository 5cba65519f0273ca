"""SenML packs and Sparkplug B payloads of the corpus, against the values that lie beside them."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from edge.decoders import sparkplug
from edge.decoders.decoder import Decoded
from edge.decoders.senml import Options, build
from edge.decoders.sparkplug.schema import DATA_TYPES, MESSAGES
from edge.names import lower_snake
from telemetry.errors import RejectedError
from telemetry.point import FieldValue
from tests.corpus.tally import CORPUS, Tally

SENML = CORPUS / "03_mqtt/senml"
SPARKPLUG = CORPUS / "03_mqtt/sparkplug"
# The files of an example share its resolved records; names are cut as decoder `senml` cuts them.
_FIELDS = {"Cel": "temperature", "%RH": "humidity", "lon": "longitude", "lat": "latitude", "%EL": "battery_percent"}

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


def sparkplug_examples() -> list[dict[str, Any]]:
    """Return the specification's examples, with the type of message that its chapter 6 gives each."""
    lines = (SPARKPLUG / "spec_payload_examples.jsonl").read_text(encoding="utf-8").splitlines()
    kinds = {2: "NBIRTH", 4: "NDATA", 6: "NCMD", 8: "NDEATH"}
    return [example | {"kind": kinds.get(example["n"], "NDATA")} for example in map(json.loads, lines)]


def tally_sparkplug() -> Tally:
    """Files: the schema and the JSON description hold no payload; as one they are rejected."""
    tally = Tally("sparkplug", files=3)
    decoder = sparkplug.build(sparkplug.Options())
    for name in ("sparkplug_b.proto", "tahu_payload.json"):
        try:
            decoder.decode("spBv1.0/g/NDATA/n", (SPARKPLUG / name).read_bytes())
        except RejectedError:
            tally.rejected += 1
    for example in sparkplug_examples():
        tally.frames += 1
        if "protobuf_hex" not in example:  # the first is no example but a form: "timestamp": <timestamp>
            tally.rejected += 1
            continue
        decoded = decoder.decode(f"spBv1.0/g/{example['kind']}/n", bytes.fromhex(example["protobuf_hex"]))
        tally.readings += len(decoded.readings)
        tally.rejected += len(decoded.refusals)
        found = {(name, one.time_ns, value) for one in decoded.readings for name, value in one.fields.items()}
        metrics = example["json"]["metrics"] if example["kind"] in {"NBIRTH", "NDATA"} else []
        wanted = {
            (lower_snake(metric["name"]), metric["timestamp"] * 1_000_000, metric["value"])
            for metric in metrics
            if metric["name"] != "bdSeq" and not metric["name"].startswith("Node Control/")
        }
        tally.checked += len(wanted)
        if differing := wanted ^ found:
            tally.mismatches["another value than the example's JSON"] += len(differing)
    return tally


def tallies() -> Sequence[Tally]:
    return (tally_senml(), tally_sparkplug())


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


def test_the_sparkplug_examples_of_the_specification_give_their_values() -> None:
    tally = tally_sparkplug()
    assert (tally.frames, tally.readings, tally.checked, tally.rejected, tally.mismatches) == (5, 2, 6, 3, {})


def test_the_example_of_a_rebirth_request_is_the_one_that_we_send() -> None:
    [request] = [example for example in sparkplug_examples() if example["kind"] == "NCMD"]
    timestamp = request["json"]["timestamp"]
    data = b"\x08" + _varint(timestamp) + b"\x18\x07"
    [reply] = sparkplug.build(sparkplug.Options()).decode("spBv1.0/g/NDATA/n", data).replies
    assert reply.payload.hex() == request["protobuf_hex"]


def _varint(number: int) -> bytes:
    out = b""
    while number > 127:
        out += bytes((number & 127 | 128,))
        number >>= 7
    return out + bytes((number,))


def official_schema() -> tuple[dict[str, set[tuple[str, str, str, int]]], dict[int, str]]:
    """Read the official schema: messages with (label, type, name, number) of their fields, and the data types by number."""
    text = re.sub(r"//[^\n]*", "", (SPARKPLUG / "sparkplug_b.proto").read_text(encoding="utf-8"))
    tokens = re.findall(r"[\w.\"]+|[{}=;]", text)
    messages: dict[str, set[tuple[str, str, str, int]]] = {}
    types: dict[int, str] = {}
    open_blocks: list[tuple[str, str]] = []  # (kind, name)
    statement: list[str] = []
    for token in tokens:
        if token == "{":
            open_blocks.append((statement[0], statement[1]))
            if statement[0] == "message":
                messages[".".join(name for kind, name in open_blocks if kind == "message")] = set()
        elif token == "}":
            open_blocks.pop()
        elif token == ";":
            owner = ".".join(name for kind, name in open_blocks if kind == "message")
            if open_blocks and open_blocks[-1][0] == "enum":
                types[int(statement[2])] = statement[0]
            elif owner and statement[0] != "extensions":
                label = ["oneof"] if open_blocks[-1][0] == "oneof" else []
                label, kind, name, _, number = [*label, *statement]
                messages[owner].add((label, kind, name, int(number)))
        else:
            statement.append(token)
            continue
        statement = []
    return messages, types


def test_our_schema_is_the_official_one_field_by_field() -> None:
    messages, types = official_schema()
    # A type is named there from within, here from the outermost message.
    ours = {
        owner: {(label, kind.rpartition(".")[2], name, number) for label, kind, name, number in rows} for owner, rows in MESSAGES.items()
    }
    assert ours == messages
    assert dict(enumerate(DATA_TYPES)) == types
