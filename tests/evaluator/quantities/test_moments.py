from evaluator.quantities.moments import Day, Time, days, times


def test_a_time_of_day_is_read_however_it_is_written() -> None:
    assert list(times("at 2:05 pm or 14:05 GMT")) == [Time(50_700, None, 3, 10), Time(50_700, "UTC", 14, 23)]


def test_a_date_in_figures_that_reads_two_ways_says_so() -> None:
    assert list(days("03/04/2025, 1 Mar 2025")) == [Day(2025, 4, 3, 0, 10, (3, 4)), Day(2025, 3, 1, 12, 22)]
