"""Start-up: `asof --help` and one-off `asof retrieve` on the real history; medians of several cold processes."""

import statistics

from benchmarks._data import imported_home, parser, run


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--runs", type=int, default=9)
    given = arguments.parse_args()
    with imported_home(given.data, given.home) as home:
        question = ["retrieve", "What happens to repeat infringers?", "--home", str(home), "--as-of", "2020-01-01"]
        for name, command in (("asof --help", ["--help"]), ("asof retrieve, one-off", question)):
            seconds = [run(*command)[1] for _ in range(given.runs)]
            print(
                f"{name:<24} median {statistics.median(seconds):.2f} s, "
                f"min {min(seconds):.2f}, max {max(seconds):.2f} ({given.runs} runs)"
            )


if __name__ == "__main__":
    main()
