"""Print what decoding the corpus gave, a row a kind: `python -m tests.corpus`."""

from importlib import import_module

from tests.corpus.tally import CORPUS, Tally

TALLIES = (  # modules with `tallies() -> Sequence[Tally]`
    "tests.corpus.test_industrial",
    "tests.corpus.test_gas_and_dust",
    "tests.corpus.test_captures",
    "tests.corpus.test_home_devices",
    "tests.corpus.test_lorawan",
    "tests.corpus.test_modbus",
    "tests.corpus.test_nmea",
    "tests.corpus.test_ais",
)


def main() -> None:
    if not CORPUS.is_dir():
        raise SystemExit(f"no corpus: {CORPUS} is not there")
    rows: list[Tally] = [tally for name in TALLIES for tally in import_module(name).tallies()]
    print(f"{'kind':<28}{'files':>7}{'frames':>8}{'readings':>10}{'rejected':>10}{'checked':>9}  mismatches")
    for row in rows:
        reasons = "; ".join(f"{count} × {reason}" for reason, count in row.mismatches.most_common()) or "none"
        print(f"{row.kind:<28}{row.files:>7}{row.frames:>8}{row.readings:>10}{row.rejected:>10}{row.checked:>9}  {reasons}")


if __name__ == "__main__":
    main()
