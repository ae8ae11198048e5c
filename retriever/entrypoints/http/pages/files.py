"""The files that pages load, and the service's documentation, which loads nothing from elsewhere either."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse
from starlette.exceptions import HTTPException

from retriever.entrypoints.http.pages.page import STATIC, Pages

TYPES = {".css": "text/css", ".js": "text/javascript", ".txt": "text/plain", ".svg": "image/svg+xml"}


def files(pages: Pages) -> APIRouter:
    """The routes of files, by a list of them that is made at the start."""
    routes = APIRouter(include_in_schema=False)
    known = {str(path.relative_to(STATIC)): path for path in STATIC.rglob("*") if path.suffix in TYPES}

    @routes.get("/static/{name:path}")
    async def get_file(name: str, request: Request) -> Response:
        """A file; one that is asked for by its digest may be kept for good."""
        path = known.get(name)
        if path is None:
            raise HTTPException(404, "There is no such file")
        kept = "public, max-age=31536000, immutable" if "v" in request.query_params else "no-cache"
        return FileResponse(path, media_type=TYPES[path.suffix], headers={"cache-control": kept})

    @routes.get("/docs")
    async def show_docs(request: Request) -> Response:
        """The routes of the service, drawn by the vendored Swagger UI."""
        return pages.page(request, None, "docs.html", view=pages.view_without_ledger(request))

    return routes
