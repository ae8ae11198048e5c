"""A streamed text checked while it arrives, with or without `await`. The order is kept; nothing is read ahead.

The pieces are the caller's, so no list could name the errors that they may raise. Each goes out as it was raised,
behind the words that were waiting. What cancels a task or ends a program goes out at once, without them.
"""

from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Generator, Iterable
from typing import Any

from retriever.client.errors import ClientError
from retriever.client.stream_checks import CheckedSentence, StreamChecks

Piece = str | bytes | None


def checked(
    verify: Callable[..., dict[str, Any]], pieces: Iterable[Piece], checks: StreamChecks
) -> Generator[CheckedSentence, None, None]:
    """Each sentence once its citations were checked; closing this closes the generator that gives the pieces."""
    source = iter([pieces] if isinstance(pieces, str | bytes) else pieces)

    def one(sentence: str) -> CheckedSentence:
        items = checks.cited(sentence)
        for asked in checks.unasked(items):
            try:
                checks.keep(asked, verify(*asked, **checks.fields))
            except ClientError as error:
                checks.keep(asked, error)
        return checks.checked(sentence, items)

    try:
        while True:
            try:
                piece = next(source)
            except StopIteration:
                break
            except Exception as error:
                if (rest := checks.interrupted(error)) is not None:
                    yield rest
                raise
            for sentence in checks.fed(piece):
                yield one(sentence)
                checks.resumed()
        for sentence in checks.ended():
            yield one(sentence)
            checks.resumed()
    finally:
        if isinstance(source, Generator):
            source.close()


async def checked_async(
    verify: Callable[..., Awaitable[dict[str, Any]]], pieces: AsyncIterable[Piece], checks: StreamChecks
) -> AsyncGenerator[CheckedSentence, None]:
    """Each sentence once its citations were checked; closing this closes the generator that gives the pieces."""
    source = aiter(pieces)

    async def one(sentence: str) -> CheckedSentence:
        items = checks.cited(sentence)
        for asked in checks.unasked(items):
            try:
                checks.keep(asked, await verify(*asked, **checks.fields))
            except ClientError as error:
                checks.keep(asked, error)
        return checks.checked(sentence, items)

    try:
        while True:
            try:
                piece = await anext(source)
            except StopAsyncIteration:
                break
            except Exception as error:
                if (rest := checks.interrupted(error)) is not None:
                    yield rest
                raise
            for sentence in checks.fed(piece):
                yield await one(sentence)
                checks.resumed()
        for sentence in checks.ended():
            yield await one(sentence)
            checks.resumed()
    finally:
        if isinstance(source, AsyncGenerator):
            await source.aclose()
