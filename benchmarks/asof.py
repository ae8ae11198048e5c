"""The as-of questions of the real history, answered at their dates without naming the policy, k = 5."""

import subprocess
import sys

from benchmarks._data import imported_home, parser, questions


def main() -> None:
    given = parser(__doc__).parse_args()
    with imported_home(given.data, given.home) as home:
        command = [sys.executable, "-m", "evaluator.cli", "retrieval", str(questions(given.data)), "--home", str(home)]
        raise SystemExit(subprocess.run([*command, "-k", "5"], check=False).returncode)


if __name__ == "__main__":
    main()
