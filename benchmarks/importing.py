"""Import of the real history: time, memory, passages; then the same file once more."""

import json
import tempfile

from benchmarks._data import history, parser, run


def main() -> None:
    file = str(history(parser(__doc__).parse_args().data))
    with tempfile.TemporaryDirectory(prefix="asof-bench-") as home:
        for what in ("first import", "same file again"):
            output, seconds, peak = run("import", file, "--home", home, "--json")
            content = json.loads(output)
            print(f"{what}: {seconds:.1f} s, peak memory {peak / 1e6:.0f} MB")
            for name, value in content.items():
                print(f"    {name:<12} {value:,}")


if __name__ == "__main__":
    main()
