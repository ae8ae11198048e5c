"""Results written whole: a reader of the file finds the new content or the old one, never a part."""

from pathlib import Path


def write_whole(path: Path, content: str | bytes) -> None:
    """Writes beside the file and then replaces it, so that a full disk or a crash leaves the old one; text as UTF-8.

    A path that is no regular file, such as a pipe, holds nothing to replace and is written to. An OSError names `path`.
    """
    data = content.encode() if isinstance(content, str) else content
    target = path.resolve()  # A link is kept, and what it leads to is replaced.
    try:
        if target.exists() and not target.is_file():
            target.write_bytes(data)
            return
        partial = target.with_name(f".{target.name}.partial")
        try:
            partial.write_bytes(data)
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error
