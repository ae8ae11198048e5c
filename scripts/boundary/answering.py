"""Which model answers: one behind an endpoint, the small one of this machine, or the stand-in."""

import argparse
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from boundary.chat_endpoint import ChatEndpoint, connected
from boundary.choosing import Choosing
from boundary.contract import Model
from boundary.local_model import NAME, PARAMETERS, local_model
from boundary.rule_based_stand_in import RuleBasedStandIn
from evaluator.models.address import checked_key
from evaluator.models.parameters import read_parameters

KEY_VARIABLE = "ASSISTANT_KEY"


@contextmanager
def answering(options: argparse.Namespace) -> Iterator[Model]:
    """The model that the options name, until it is left."""
    if options.stand_in:
        yield RuleBasedStandIn()
    elif options.local:
        print(f"Starting {NAME} ...", file=sys.stderr)
        with local_model() as url, _endpoint(url, NAME, None, PARAMETERS, options) as model:
            yield model
    else:
        key = checked_key(os.environ.get(KEY_VARIABLE), KEY_VARIABLE)
        with _endpoint(options.endpoint, options.model, key, {"temperature": 0}, options) as model:
            yield model


@contextmanager
def _endpoint(
    url: str, name: str, key: str | None, defaults: Mapping[str, Any], options: argparse.Namespace
) -> Iterator[Model]:
    parameters = read_parameters(options.parameter, defaults)
    with connected(url, key, options.timeout) as chat:
        model = ChatEndpoint(chat, name, options.timeout, options.stream, parameters)
        yield Choosing(model) if options.choose else model
