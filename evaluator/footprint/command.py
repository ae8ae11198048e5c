"""The command `asof-eval footprint`: whether a lack of memory may explain a slow first token."""

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from retriever.entrypoints.options import JsonOption

if TYPE_CHECKING:
    from evaluator.footprint.estimate import Footprint, Model

GIGABYTE = 2**30


def register(app: typer.Typer) -> None:
    app.command()(footprint)


def footprint(
    model: Annotated[
        str | None, typer.Option("--model", help="A preset, such as llama-3.1-8b; another name lists them.")
    ] = None,
    parameters: Annotated[float | None, typer.Option("--parameters", help="Weights, in billions.")] = None,
    layers: Annotated[int | None, typer.Option("--layers", min=1, help="Layers with attention.")] = None,
    kv_heads: Annotated[int | None, typer.Option("--kv-heads", min=1, help="Heads of keys and values a layer.")] = None,
    head_dim: Annotated[int | None, typer.Option("--head-dim", min=1, help="Dimensions of a head.")] = None,
    context: Annotated[int, typer.Option("--context", min=1, help="Tokens of a request, prompt and answer.")] = 8192,
    concurrency: Annotated[int, typer.Option("--concurrency", min=1, help="Requests at once.")] = 1,
    dtype: Annotated[str, typer.Option("--dtype", help="Of the weights: fp32, bf16, fp16, fp8, int8, int4.")] = "bf16",
    cache_dtype: Annotated[str, typer.Option("--cache-dtype", help="Of the key-value cache.")] = "bf16",
    memory: Annotated[float | None, typer.Option("--memory", help="The device's memory, in GiB.")] = None,
    reserve: Annotated[float, typer.Option("--reserve", help="Percent of it kept for everything else.")] = 10.0,
    teraflops: Annotated[
        float | None, typer.Option("--teraflops", help="The device's speed; tells about when the first token comes.")
    ] = None,
    passages: Annotated[int, typer.Option("--passages", min=0, help="Passages in the index.")] = 10_000,
    dimensions: Annotated[int, typer.Option("--dimensions", min=1, help="Of their vectors.")] = 384,
    json: JsonOption = False,
) -> None:
    """Works out the memory of weights, key-value cache and index, and how many requests fit at once.

    Options override a preset; without one, give --parameters, --layers, --kv-heads and --head-dim.

    Example: asof-eval footprint --model llama-3.1-8b --context 8192 --concurrency 16 --memory 24 --teraflops 120
    """
    from evaluator.footprint import estimate as arithmetic
    from retriever.entrypoints.printing import print_json

    for option, kind in (("--dtype", dtype), ("--cache-dtype", cache_dtype)):
        if kind not in arithmetic.BYTES:
            raise typer.BadParameter(f"{option} is {kind}; give one of {', '.join(arithmetic.BYTES)}")
    sizes = {"--parameters": parameters, "--memory": memory, "--teraflops": teraflops}
    for option, value in sizes.items():
        if value is not None and not 0 < value < 1e9:
            raise typer.BadParameter(f"{option} is {value:g}; give more than 0")
    if not 0 <= reserve < 100:
        raise typer.BadParameter(f"--reserve is {reserve:g}; give percent, from 0 to less than 100")
    chosen = _model(model, parameters, layers, kv_heads, head_dim)
    load, index = arithmetic.Load(context, concurrency), arithmetic.Index(passages, dimensions)
    device = None if memory is None else memory * GIGABYTE
    found = arithmetic.footprint(chosen, load, index, dtype, cache_dtype, device, reserve / 100)
    seconds = None
    if teraflops is not None:
        seconds = arithmetic.prefill_seconds(chosen.parameters, context, concurrency, teraflops * 1e12)
    if json:
        print_json({**found.content(), "first_token_seconds": seconds})
    else:
        _print(found, seconds)


def _model(
    name: str | None, parameters: float | None, layers: int | None, kv_heads: int | None, head_dim: int | None
) -> "Model":
    from evaluator.footprint.estimate import PRESETS, Model

    if name is not None and name not in PRESETS:
        raise typer.BadParameter(f"--model is {name}; give one of {', '.join(PRESETS)}, or the numbers without it")
    start = Model("given", 0, 0, 0, 0, "options") if name is None else PRESETS[name]
    model = replace(
        start,
        parameters=start.parameters if parameters is None else parameters * 1e9,
        layers=layers or start.layers,
        kv_heads=kv_heads or start.kv_heads,
        head_dim=head_dim or start.head_dim,
    )
    numbers = ("parameters", "layers", "kv_heads", "head_dim")
    if missing := [f"--{number.replace('_', '-')}" for number in numbers if not getattr(model, number)]:
        raise typer.BadParameter(f"without --model, give {', '.join(missing)} too")
    changed = [number.replace("_", "-") for number in numbers if getattr(model, number) != getattr(start, number)]
    return replace(model, source=f"{model.source}; {', '.join(changed)} as given") if name and changed else model


def _print(found: "Footprint", seconds: float | None) -> None:
    from evaluator.statistics.estimates_table import print_table

    load = f"{found.load.context:,} tokens x {found.load.concurrency:,} requests"
    cache = f"{found.cache_per_token:,.0f} bytes a token x {load}"
    rows = (
        ("weights", found.weights, f"{found.model.parameters:,.0f} parameters"),
        ("key-value cache", found.cache, cache),
        ("on the device", found.device, ""),
        ("index", found.index, "in the service, mapped"),
    )
    print_table(("memory", "GiB", ""), ((name, f"{held / GIGABYTE:,.2f}", why) for name, held, why in rows))
    print(f"{found.model.name}: {found.model.source}.")
    if found.fitting is not None:
        at_once = f"{found.fitting:,} requests of {found.load.context:,} tokens fit at once"
        if found.room is not None and found.room < 0:
            print("The weights do not fit.")
        elif found.fitting >= found.load.concurrency:
            print(f"It fits: {at_once}.")
        else:
            print(f"It does not fit: {at_once}; the others of {found.load.concurrency:,} wait for their first token.")
    if seconds is not None:
        load = f"{found.load.concurrency:,} prompts of {found.load.context:,} tokens that arrive together"
        print(f"With nothing cached, the last of {load} has its first token after about {seconds:.2f} s.")
