"""The formula sheet: each formula's mutants are caught, and its names are the same wherever they are written."""

import re

import harness
import pytest
import yaml
from harness import REPO, SEGMENT_MARTS, SHARED_DATA

MUTANTS = {
    "the guard is dropped": "cast({{ numerator }} as double) / cast({{ denominator }} as double)",
    "NULL is made 0":
        "coalesce(case when {{ denominator }} > 0"
        " then cast({{ numerator }} as double) / cast({{ denominator }} as double) end, 0)",
    "always NULL": "cast(null as double)",
    "inverted":
        "case when {{ numerator }} > 0 then cast({{ denominator }} as double) / cast({{ numerator }} as double) end",
}
BAD_ROWS = """
select 1 as number, 1 as id, 0.5 as fine, 1.5 as above, -0.5 as below, cast('nan' as double) as no_number, 5 as counted,
    'a' as kind
union all
select 2 as number, 1 as id, null as fine, 0.5 as above, 0.5 as below, 0.5 as no_number, 6 as counted, null as kind
union all
select 3 as number, null as id, 1.0 as fine, 0.5 as above, 0.5 as below, 0.5 as no_number, null as counted, 'c' as kind
"""
BAD_ROWS_TESTS = """
version: 2
models:
  - name: bad_rows
    columns:
      - name: below
        data_tests: [{ad_funnel.non_negative: {name: below_is_found}}]
      - name: above
        data_tests: [{ad_funnel.bounded_rate: {name: above_is_found}}]
    data_tests:
      - ad_funnel.unique_key: {name: repeated_and_missing_keys_are_found, arguments: {columns: [id]}}
      - ad_funnel.unique_key: {name: keys_of_good_rows_pass, arguments: {columns: [above, below, counted]},
          config: {where: counted is not null}}
      - ad_funnel.non_negative: {name: one_negative_column_of_two_is_found, arguments: {columns: [fine, below]}}
      - ad_funnel.non_negative: {name: null_is_not_negative, arguments: {columns: [fine, counted]}}
      - ad_funnel.bounded_rate: {name: nan_is_found, arguments: {columns: [fine, no_number]}}
      - ad_funnel.bounded_rate: {name: null_is_bounded, arguments: {columns: [fine]}}
      - ad_funnel.rules:
          name: rules_that_hold
          arguments:
            key: [number]
            not_null: [above, below]
            values: {kind: [a, c]}
            non_negative: [fine, counted]
            rates: [fine]
            ratios: [{name: below, numerator: below * number, denominator: number}]
            sums: [fine, counted]
            sums_as_in: "ref('bad_rows')"
      - ad_funnel.rules:
          name: rules_that_are_broken
          config: {store_failures: true, schema: failures}
          arguments:
            key: [id]
            not_null: [kind]
            values: {kind: [a, b]}
            non_negative: [fine, below]
            rates: [fine, above, no_number]
            ratios:
              - {name: fine, numerator: '2.5', denominator: counted}
              - {name: above, numerator: above * counted, denominator: counted, where: counted > 5}
            sums: [fine, counted]
            sums_as_in: (select 1.5 as fine, 12 as counted)
      - ad_funnel.rules: {name: a_key_alone, arguments: {key: [number]}}
      - ad_funnel.rules: {name: without_a_key, arguments: {rates: [below]}}
"""


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    project, _ = harness.demo(tmp_path_factory.mktemp("formulas"))
    project.write("models/bad_rows.sql", BAD_ROWS)
    project.write("models/_bad_rows.yml", BAD_ROWS_TESTS)
    return project


@pytest.fixture
def restore_ratio(demo):
    sheet = demo.folder / "macros/metrics/metrics.sql"
    before = sheet.read_text()
    yield sheet
    sheet.write_text(before)


@pytest.mark.slow
@pytest.mark.parametrize("mutant", MUTANTS)
def test_each_mutant_of_the_ratio_is_caught_twice(demo, restore_ratio, mutant):
    sheet = restore_ratio
    text = sheet.read_text()
    body = re.search(r"macro ratio\(.*?-%}\n(.*?)\n\{%- endmacro", text, re.DOTALL).group(1)
    sheet.write_text(text.replace(body, "    " + MUTANTS[mutant]))

    outcome = demo.dbt(
        "build", "--select", "mart_ads__campaign", "metrics_truth_table", "--exclude", "resource_type:unit_test"
    )

    restated = next(name for name in outcome.statuses if name.startswith("rules_of_"))
    assert outcome.statuses["metrics_truth_table"] == "fail", outcome.text
    assert outcome.statuses[restated] == "fail", outcome.text


def test_the_generic_tests_find_what_they_are_for_and_nothing_else(demo):
    outcome = demo.dbt("build", "--select", "bad_rows")

    assert outcome.statuses == {
        "bad_rows": "success",
        "below_is_found": "fail",
        "above_is_found": "fail",
        "repeated_and_missing_keys_are_found": "fail",
        "keys_of_good_rows_pass": "pass",
        "one_negative_column_of_two_is_found": "fail",
        "null_is_not_negative": "pass",
        "nan_is_found": "fail",
        "null_is_bounded": "pass",
        "rules_that_hold": "pass",
        "rules_that_are_broken": "fail",
        "a_key_alone": "pass",
        "without_a_key": "fail",
    }
    found = demo.sql("select * from main_failures.rules_that_are_broken order by all")
    assert [(row["broken_rules"], row["row_key"]) for row in found] == [
        ("key, rows: 1", "NULL"),
        ("key, rows: 2", "1"),
        ("non_negative below; rates above; rates no_number; ratios above; ", "1"),
        ("not_null kind; ratios fine; ", "1"),
        ("sums counted", "11 here, 12 there"),
        ("values kind; ratios fine; ratios above; ", "NULL"),
    ]


@pytest.mark.parametrize("folder", ["facts", "marts"])
def test_every_column_is_documented_and_every_documented_column_is_there(demo, folder):
    pages = [yaml.safe_load(file.read_text()) for file in (REPO / f"models/{folder}").glob("_*.yml")]
    not_here = {"fct_ads__reach_sketches"}
    documented = {
        (model["name"], column["name"])
        for page in pages for model in page.get("models", []) if model["name"] not in not_here
        for column in model["columns"] if column["description"].strip()
    }

    there = demo.sql(
        "select table_name, column_name from information_schema.columns "
        f"where table_schema = 'main_ads_{folder}' and table_name <> 'bad_rows'"
    )

    assert {(row["table_name"], row["column_name"]) for row in there} == documented


# ------------------------------------------------------------------------------------ one list of names everywhere

def names_of_macros() -> list[str]:
    sheet = (REPO / "macros/metrics/metrics.sql").read_text()
    helpers = ("ratio", "metric_columns", "completeness_columns", "freshness_columns")
    return [name for name in re.findall(r"macro (\w+)\(", sheet) if name not in helpers]


def names_of_measures() -> list[str]:
    text = (REPO / "macros/metrics/measures.sql").read_text().split("endmacro")[0]
    return re.findall(r"^        '(\w+)':", text, re.MULTILINE)


def marts() -> dict[str, dict]:
    return {model["name"]: model for model in yaml.safe_load((REPO / "models/marts/_marts.yml").read_text())["models"]}


def rules_of(mart: dict) -> dict:
    return next(config["ad_funnel.rules"]["arguments"] for config in mart["data_tests"] if "ad_funnel.rules" in config)


def table_of(text: str, heading: str) -> list[str]:
    """The names in the first column of the table below a heading of a Markdown page."""
    section = re.split(r"^#+ ", text.split(heading, 1)[1], flags=re.MULTILINE)[0]
    rows = re.findall(r"^\| (`.*?) \|", section, re.MULTILINE)
    return [name for row in rows for name in re.findall(r"`(\w+)`", row)]


def test_every_metric_has_a_macro_a_doc_a_column_a_restatement_and_a_line_in_the_truth_table():
    docs = re.findall(r"{% docs (\w+) %}", (REPO / "models/measures_and_metrics.md").read_text())
    truth_table = (REPO / "tests/formulas/metrics_truth_table.sql").read_text()
    mart = marts()["mart_ads__campaign"]
    columns = [column["name"] for column in mart["columns"]]
    restated = rules_of(mart)["ratios"]

    metrics = names_of_macros()

    assert len(metrics) == 18
    assert [name for name in docs if name in metrics] == metrics
    assert [name for name in columns if name in metrics] == metrics
    assert [ratio["name"] for ratio in restated] == metrics
    assert re.findall(r"^    '(\w+)': ad_funnel\.\1\(\),$", truth_table, re.MULTILINE) == metrics


def test_every_measure_has_a_doc_a_column_and_a_sum_that_must_tie():
    docs = re.findall(r"{% docs (\w+) %}", (REPO / "models/measures_and_metrics.md").read_text())
    mart = marts()["mart_ads__campaign"]
    columns = [column["name"] for column in mart["columns"]]
    tied = rules_of(mart)["sums"]

    measures = names_of_measures()

    assert [name for name in docs if name in measures] == measures
    assert [name for name in columns if name in measures] == measures
    assert tied == measures


def test_every_mart_of_rates_has_the_same_measures_metrics_and_tests():
    rates = [mart for mart in marts().values() if "ctr" in [column["name"] for column in mart["columns"]]]
    shared = [
        (
            [column["name"] for column in mart["columns"]
             if not column["name"].endswith(("_low", "_high", "_shrunk"))][-(30 + 3 + 18 + 4):],
            {name for test in mart["data_tests"] for name in test},
            {rule: arguments for rule, arguments in rules_of(mart).items() if rule in ("non_negative", "ratios")},
            set(rules_of(mart)["rates"]) >= set(rules_of(marts()["mart_ads__campaign"])["rates"]),
        )
        for mart in rates
    ]
    untied = {mart["name"] for mart in rates if "sums" not in rules_of(mart)}

    assert len(rates) == 8
    assert all(mart == shared[0] for mart in shared)
    assert untied == {*SEGMENT_MARTS}  # each type has all sums once: segments_add_up.sql


def test_a_column_has_one_meaning_in_every_folder():
    """YAML anchors are local to a file, so the same column may be described in several: then alike."""
    meanings: dict[str, set[str]] = {}
    for path in (REPO / "models").rglob("_*.yml"):
        for model in yaml.safe_load(path.read_text()).get("models", []):
            for column in model.get("columns", []):
                text = column["description"].strip()
                if "doc(" in text:
                    meanings.setdefault(column["name"], set()).add(re.findall(r"doc\(.ad_funnel., .(\w+).\)", text)[0])
    assert {name: docs for name, docs in meanings.items() if docs != {name}} == {}


def test_the_docs_name_every_measure_and_metric():
    page = (REPO / "docs/metrics.md").read_text()

    assert table_of(page, "## Measures") == names_of_measures()
    assert table_of(page, "## Metrics") == names_of_macros()


@pytest.mark.skipif(not (SHARED_DATA.parent / "design").exists(), reason="the design pages are not beside the checkout")
def test_the_design_names_every_measure_and_metric():
    design = (SHARED_DATA.parent / "design/METRICS.md").read_text()
    ours_alone = {  # docs/decisions.md
        "unknown_value_conversions", "costed_events", "uncosted_events", "valued_conversions", "valued_all_conversions",
        "valued_view_through_conversions", "valued_conversions_by_conversion_date",
    }

    assert table_of(design, "## Additive measures") == [name for name in names_of_measures() if name not in ours_alone]
    assert table_of(design, "## Metrics") == names_of_macros()
