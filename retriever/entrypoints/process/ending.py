"""The signals that end a service in good order."""

import signal

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""The last one is sent where a terminal closes."""


def heeded() -> tuple[signal.Signals, ...]:
    """Those that this process does not ignore: under `nohup` a service outlives its terminal."""
    return tuple(number for number in SIGNALS if signal.getsignal(number) is not signal.SIG_IGN)
