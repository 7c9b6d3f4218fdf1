"""What readers of a server see: whole generations of builds that passed, while builds and publications go on."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import redirect_stdout
from io import StringIO

import engines
import harness
import pytest

PUBLISHED = "ads_published"
MARTS = sorted({file.stem for file in (harness.REPO / "models" / "marts").glob("*.sql")})


@pytest.fixture(scope="module")
def twin(engine: engines.Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[engines.Twin]:
    if engine.name == "spark":
        pytest.skip("publish is for servers")
    folder = tmp_path_factory.mktemp("published")
    original = harness.alone(folder / "demo")
    twin = engines.Twin(original, engine, folder / "twin")
    assert build(twin)
    assert publish(twin)
    yield twin


def build(twin: engines.Twin, *arguments: str) -> harness.Outcome:
    return twin.project.build(*harness.NO_UNIT_TESTS, *arguments)


def publish(twin: engines.Twin, arguments: str = "{}") -> harness.Outcome:
    return twin.project.dbt("run-operation", "publish", "--args", arguments)


def generation(twin: engines.Twin) -> tuple:
    [row] = twin.engine.rows(f"select invocation_id, built_at, layers from {PUBLISHED}.ad_funnel_generation")
    return row


def test_what_is_published_are_the_marts(twin: engines.Twin) -> None:
    tables = twin.engine.rows(f"select table_name from information_schema.tables where table_schema = '{PUBLISHED}'")
    assert sorted(name for [name] in tables) == ["ad_funnel_generation", *MARTS]
    for mart in MARTS:
        built, published = f"main_ads_marts.{mart}", f"{PUBLISHED}.{mart}"
        assert twin.engine.rows(f"select count(*) from {built}") > [(0,)]
        assert twin.engine.rows(f"(select * from {built} except all select * from {published}) union all "
                                f"(select * from {published} except all select * from {built})") == []
    invocation_id, built_at, layers = generation(twin)
    assert twin.engine.rows("select invocation_id, built_at from main_ads_facts.fct_ads__freshness") == [
        (invocation_id, built_at)]
    assert layers == "marts"
    without_comment = twin.engine.rows(f"""
        select relname, attname from pg_class join pg_attribute on attrelid = pg_class.oid
        where relnamespace = '{PUBLISHED}'::regnamespace and relkind = 'r' and attnum > 0 and not attisdropped
        and (obj_description(pg_class.oid, 'pg_class') is null or col_description(pg_class.oid, attnum) is null)""")
    assert without_comment == []


def test_the_report_can_be_printed_and_says_how_to_get_a_file(twin: engines.Twin) -> None:
    with redirect_stdout(StringIO()) as printed:
        assert twin.project.dbt("run-operation", "report", "--args", "{to: '-'}")
    data = json.loads(re.search(r'id="data">(.*?)</script>', printed.getvalue(), re.DOTALL)[1])
    place = 2 + data["measures"].index("impressions")
    shown = sum(int(line.split(",")[place] or 0) for line in data["daily"].split("\n"))
    assert twin.engine.rows("select sum(impressions) from main_ads_marts.mart_ads__campaign") == [(shown,)]
    assert all(data[part] for part in ("attribution", "experiments", "reach", "frequency", "segments", "pages", "ledger"))

    refused = twin.project.dbt("run-operation", "report")
    assert not refused and "cannot write the file" in refused.text and "scripts/report.py" in refused.text


@pytest.mark.slow
def test_readers_meet_one_whole_generation_while_builds_and_publications_go_on(twin: engines.Twin) -> None:
    """Each reads all marts in one transaction, over and over; nobody gets an error, or a table of another build."""
    ended, met, wrong = threading.Event(), set(), []

    def read() -> None:
        try:
            connection = twin.engine.connect()
            connection.set_session(isolation_level="REPEATABLE READ", readonly=True)
            cursor = connection.cursor()
            while not ended.is_set():
                cursor.execute(f"select invocation_id, built_at from {PUBLISHED}.ad_funnel_generation")
                [(invocation_id, built_at)] = cursor.fetchall()
                met.add(invocation_id)
                for mart in MARTS:
                    cursor.execute(f"select distinct built_at from {PUBLISHED}.{mart}")
                    if (found := cursor.fetchall()) != [(built_at,)]:
                        wrong.append((mart, found, built_at))
                connection.commit()
            connection.close()
        except Exception as error:  # any, whatever it is, is what no reader may meet
            wrong.append(error)

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    try:
        for _ in range(2):
            assert build(twin)
            assert publish(twin)
    finally:
        ended.set()
        for reader in readers:
            reader.join()
    assert wrong == []
    assert len(met) >= 3


def test_grants_and_views_of_readers_stay(twin: engines.Twin) -> None:
    twin.engine.run(
        f"create view spent as select sum(spend) as spend from {PUBLISHED}.mart_ads__campaign",
        f"grant select on {PUBLISHED}.mart_ads__campaign to public",
    )
    assert publish(twin)
    assert twin.engine.rows("select spend > 0 from spent") == [(True,)]
    assert twin.engine.rows("select has_table_privilege('public', oid, 'select') from pg_class "
                            f"where oid = '{PUBLISHED}.mart_ads__campaign'::regclass") == [(True,)]


def test_a_table_of_other_columns_is_made_anew(twin: engines.Twin) -> None:
    before = generation(twin)
    twin.engine.run(f"alter table {PUBLISHED}.mart_ads__campaign add column of_old text")
    refused = publish(twin)
    assert not refused and "view spent depends on table" in refused.text
    assert generation(twin) == before
    twin.engine.run("drop view spent")
    assert publish(twin)
    assert "of_old" not in [name for [name] in twin.engine.rows(
        "select column_name from information_schema.columns "
        f"where table_schema = '{PUBLISHED}' and table_name = 'mart_ads__campaign'")]


@pytest.mark.parametrize("arguments, said", [
    ("{layers: [staging]}", "`layers` holds 'staging'. It may hold marts, facts and ledger"),
    ("{to: main_ads_marts}", "the build keeps its own tables in the schema main_ads_marts"),
])
def test_arguments_that_would_do_harm_are_refused(twin: engines.Twin, arguments: str, said: str) -> None:
    before = generation(twin)
    refused = publish(twin, arguments)
    assert not refused and said in refused.text
    assert generation(twin) == before


def test_a_build_that_did_not_pass_is_not_published(twin: engines.Twin) -> None:
    before = generation(twin)
    builds, freshness = "main_ads_ledger.ad_funnel_builds", "main_ads_facts.fct_ads__freshness"
    latest = f"build_number = (select max(build_number) from {builds})"

    [(status,)] = twin.engine.rows(f"select status from {builds} where {latest}")
    twin.engine.run(f"update {builds} set status = 'started' where {latest}")
    refused = publish(twin)
    assert not refused and "never came to its end" in refused.text
    twin.engine.run(f"update {builds} set status = '{status}' where {latest}")

    [(invocation_id,)] = twin.engine.rows(f"select invocation_id from {freshness}")
    twin.engine.run(f"update {freshness} set invocation_id = 'of a clone'")
    refused = publish(twin)
    assert not refused and "is of another build" in refused.text
    twin.engine.run(f"update {freshness} set invocation_id = '{invocation_id}'")

    assert publish(twin)
    assert build(twin, "--select", "mart_ads__campaign")
    refused = publish(twin)
    assert not refused and "cannot be: " in refused.text and "Cure: a whole dbt build that passes." in refused.text
    assert generation(twin) == before


@pytest.mark.slow
def test_facts_and_ledger_on_request(twin: engines.Twin) -> None:
    assert build(twin)
    assert publish(twin, "{layers: [marts, facts, ledger], to: to_auditors}")
    built = twin.engine.rows("select count(*) from main_ads_ledger.ledger_ads__impressions")
    assert built == twin.engine.rows("select count(*) from to_auditors.ledger_ads__impressions") > [(0,)]
    assert twin.engine.rows("select layers from to_auditors.ad_funnel_generation") == [("marts, facts, ledger",)]
