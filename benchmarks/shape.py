"""Shapes of the published curves of Lost in the Middle, from their counts alone, beside the shapes written there."""

import json

from benchmarks._data import parser
from evaluator.shape.curve import read_curves
from evaluator.shape.shape import read_shape


def main() -> None:
    path = parser(__doc__).parse_args().data / "positions" / "published_curves.json"
    written = [item["shape"] for item in json.loads(path.read_text())]
    readings = [read_shape(curve) for curve in read_curves(path)]
    for reading, shape in zip(readings, written, strict=True):
        ends = [
            f"{100 * end.value:+6.1f} ({100 * end.low:+6.1f} to {100 * end.high:+6.1f})"
            for end in (reading.primacy, reading.recency)
        ]
        print(f"{reading.curve.label:54} {reading.shape:8} written {shape:8} primacy {ends[0]}  recency {ends[1]}")
    print(f"as written: {sum(r.shape == shape for r, shape in zip(readings, written, strict=True))} of {len(written)}")


if __name__ == "__main__":
    main()
