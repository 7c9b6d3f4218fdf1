"""Rows and money that go missing, or come out of nothing, are seen by the tests that run with every build.

One build; then something is taken, doubled or changed behind dbt's back, and the test that is there for it must fail.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import harness
import pytest
from test_crashes import day_of_events

LEDGER, FACTS, MARTS = (f"main_ads_{layer}" for layer in ("ledger", "facts", "marts"))

TAMPERED = {
    "a row of the ledger gone": (
        f"delete from {LEDGER}.ledger_ads__clicks where click_id = 'k40-1'", "the_ledger_balances_by_day"),
    "a row of the ledger twice": (
        f"insert into {LEDGER}.ledger_ads__spend from {LEDGER}.ledger_ads__spend where date_day = '2025-02-09'",
        "the_ledger_balances_by_day"),
    "money of the ledger changed": (
        f"update {LEDGER}.ledger_ads__conversions set value = 6 where conversion_id = 'v40-1'",
        "the_ledger_balances_by_day"),
    "an unknown disposition": (
        f"update {LEDGER}.ledger_ads__impressions set disposition = 'lost' where impression_id = 'i40-1'",
        "the_ledger_balances_by_day"),
    "a row older than the look-back gone": (
        f"delete from {LEDGER}.ledger_ads__clicks where click_id = 'k1-1'", "late_rows_are_taken_in"),
    "a click lost in a join": (
        f"delete from {FACTS}.fct_ads__clicks where click_id = 'k1-1'", "joins_lose_and_double_nothing"),
    "a conversion doubled in a join": (
        f"insert into {FACTS}.fct_ads__conversions from {FACTS}.fct_ads__conversions limit 1",
        "joins_lose_and_double_nothing"),
    "impressions lost on the way to the daily sums": (
        f"update {FACTS}.fct_ads__daily set gross_impressions = gross_impressions - 1 where gross_impressions > 0",
        "joins_lose_and_double_nothing"),
    "a daily sum that is not that of the impressions": (
        f"update {FACTS}.fct_ads__impressions_by_day set event_cost = 0 where date_day = '2025-02-09'",
        "impressions_by_day_are_the_impressions"),
    "a click that is neither matched nor unmatched": (
        f"update {FACTS}.fct_ads__daily set unmatched_clicks = 1 where clicks > 0", "clicks_and_conversions_add_up"),
    "a conversion without a status": (
        f"update {FACTS}.fct_ads__conversions set credit_status = 'elsewhere' where conversion_id = 'v1-1'",
        "clicks_and_conversions_add_up"),
    "money lost between events and days": (
        f"update {FACTS}.fct_ads__daily set spend = 0 where date_day = '2025-01-01'", "money_adds_up"),
    "money lost between lines and the spend fact": (
        f"update {FACTS}.fct_ads__spend set spend = 8 where date_day = '2025-01-01'", "money_adds_up"),
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> harness.Project:
    """Forty days of events, so that some lie before the look-back."""
    tables: dict[str, list[dict[str, str]]] = {}
    for number in range(1, 41):
        for table, rows in day_of_events(number, month=1 if number < 32 else 2).items():
            tables.setdefault(table, []).extend(rows)
    project = harness.on_raw_tables(tmp_path_factory.mktemp("conservation"), tables, as_of="2025-02-10")
    project.freeze()
    project.build(*harness.NO_UNIT_TESTS)
    return project


@contextmanager
def tampered(project: harness.Project, table: str, *statements: str) -> Iterator[None]:
    """The table as it was, again, when the test is over."""
    project.execute("create schema if not exists kept", f"create or replace table kept.rows as from {table}")
    project.execute(*statements)
    try:
        yield
    finally:
        project.execute(f"delete from {table}", f"insert into {table} from kept.rows")


def spend_of_the_ledger(rows: str) -> tuple[str, ...]:
    """A table, and what gives it these spend lines for all of its own: date_day, disposition, row_count."""
    ledger = f"{MARTS}.mart_ads__ledger"
    return (
        ledger,
        f"delete from {ledger} where source_table = 'spend'",
        f"insert into {ledger} by name select 'spend' as source_table, * "
        f"from (values {rows}) as rows (date_day, disposition, row_count)",
    )


def status(project: harness.Project, test: str) -> str:
    return project.dbt("test", "--select", test).statuses[test]


@pytest.mark.parametrize("statement, test", TAMPERED.values(), ids=TAMPERED)
def test_what_is_missing_is_seen(project: harness.Project, statement: str, test: str) -> None:
    table = next(word for word in statement.split() if word.startswith("main_ads_"))
    assert status(project, test) == "pass"
    with tampered(project, table, statement):
        assert status(project, test) == ("warn" if test == "late_rows_are_taken_in" else "fail")


@pytest.mark.parametrize("limits, few, not_too_many", [
    ({"warn": 100, "stop": 2000}, "pass", "pass"),
    ({"warn": 99, "stop": 2000}, "warn", "pass"),
    ({"warn": 0, "stop": 99}, "warn", "fail"),
    ({"warn": 0, "stop": 10000}, "warn", "pass"),
])
def test_many_rejects_warn_and_then_stop(
    project: harness.Project, limits: dict[str, int], few: str, not_too_many: str
) -> None:
    """One spend line in a hundred is rejected, among all and among those of the look-back."""
    rows = "(date '2025-02-09', 'accepted', 99), (date '2025-02-09', 'rejected', 1)"
    with tampered(project, *spend_of_the_ledger(rows)):
        outcome = project.dbt(
            "test", "--select", "few_rows_are_rejected", "not_too_many_rows_are_rejected",
            variables={f"ad_funnel__reject_{name}_basis_points": value for name, value in limits.items()},
        )
        assert outcome.statuses == {"few_rows_are_rejected": few, "not_too_many_rows_are_rejected": not_too_many}
        # dbt says how many rows were found; the package says which, why, and what to do.
        explained = [line for line in outcome.text.splitlines() if "Cure: mart_ads__ledger has the reasons" in line]
        assert len(explained) == (few == "warn") + (not_too_many == "fail")
        assert ("Failed: not_too_many_rows_are_rejected, 2 rows" in outcome.text) == (not_too_many == "fail")
        found = outcome.text.count("source_table spend, scope all rows, rejected_rows 1, raw_rows 100")
        assert found == len(explained)
        assert outcome.text.count("As they came: select raw_record from ") == 2 * len(explained)


def test_what_breaks_a_promise_is_shown(project: harness.Project) -> None:
    statement, test = TAMPERED[next(iter(TAMPERED))]
    table = next(word for word in statement.split() if word.startswith("main_ads_"))
    with tampered(project, table, statement):
        text = project.dbt("test", "--select", test).text
    assert f"Failed: {test}, " in text and "\n  - " in text and "Cure: dbt build --full-refresh" in text


def test_every_warning_says_its_cure() -> None:
    for file in (harness.REPO / "tests" / "warnings").glob("*.sql"):
        comment = file.read_text().split("\n\n")[0].split("{{")[0]
        assert comment.startswith("-- ") and "Cure:" in comment, file.name


def test_rejects_of_late_are_not_thinned_by_history(project: harness.Project) -> None:
    """Two in a hundred rows of the look-back, one in a thousand of all."""
    rows = (
        "(date '2024-01-01', 'accepted', 1900), (date '2025-02-09', 'accepted', 98), (date '2025-02-09', 'rejected', 2)"
    )
    with tampered(project, *spend_of_the_ledger(rows)):
        assert status(project, "few_rows_are_rejected") == "warn"
