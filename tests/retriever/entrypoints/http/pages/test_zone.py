"""Pages of a home in another time zone: days are those of that zone, in what is read and in every link."""

from starlette.testclient import TestClient

from policies.change import Configure
from retriever.entrypoints.http.app import create_service
from tests.retriever.entrypoints.http.pages.reading import Reader
from tests.retriever.homes import Home


def test_days_are_those_of_the_home_and_links_ask_for_them_again(home: Home) -> None:
    home.write(Configure(timezone="America/New_York"), recorded="2025-01-01")
    home.publish("P-7", "Seven days.", "2025-03-01T05:00:00Z", recorded="2025-01-02", until="2025-07-01T04:00:00Z")
    home.publish("P-7", "Thirty days.", "2025-07-01T04:00:00Z", recorded="2025-01-03")
    home.asof.writer().rebuild()
    with TestClient(create_service(home.asof), "http://localhost") as client:
        reader = Reader(client)
        page = reader("/p/P-7?as_of=2025-06-30")
        banner = page.words("section", class_="banner")
        assert "from 2025-03-01, until 2025-07-01 (that day not included)" in banner
        assert "recorded 2025-01-01 19:00 America/New_York" in banner
        after = next(address for said, address in page.links().items() if said.startswith("After: P-7@2"))
        assert after == "/p/P-7?as_of=2025-07-01"
        assert "Thirty days." in reader(after).words()
        assert "Seven days." in reader("/search?q=seven+days&as_of=2025-06-30").words()
        listed = reader("/?as_of=2025-03-01").rows()
        assert listed[0][1:4] == ["In force", "2025-03-01", "2025-07-01"]
        assert reader("/calendar?as_of=2025-06-01").rows()[0][:2] == ["Title of P-7 P-7@2", "2025-07-01"]
