{#-
    The data tests that guard what is published, so that one that is left out is missed: dbt does not show a package its
    disabled tests. tests/python/test_overrides.py holds these lists to the tests, and prints them when they differ.
-#}

{#- Those in files, each with the models without which it is not built. -#}
{%- macro named_guards() -%}
    {{- return({
        'attribution_adds_up': [
            'fct_ads__conversions', 'fct_ads__daily', 'fct_ads__touchpoints', 'mart_ads__attribution',
            'mart_ads__attribution_models', 'mart_ads__conversion_lag', 'mart_ads__conversion_paths',
        ],
        'changes_add_up': ['dim_ads__comparisons', 'fct_ads__daily', 'mart_ads__campaign_change'],
        'clicks_and_conversions_add_up': ['fct_ads__clicks', 'fct_ads__conversions', 'fct_ads__daily'],
        'experiments_count_what_facts_count': [
            'dim_ads__ads', 'dim_ads__experiments', 'fct_ads__clicks', 'fct_ads__conversions',
            'fct_ads__experiment_daily', 'fct_ads__experiment_users', 'fct_ads__experiment_variants',
            'fct_ads__impressions_by_day',
        ],
        'frequency_adds_up': ['fct_ads__daily', 'fct_ads__exposures_by_day', 'mart_ads__frequency'],
        'impressions_by_day_are_the_impressions': [
            'fct_ads__impressions', 'fct_ads__impressions_by_day', 'ledger_ads__impressions',
        ],
        'joins_lose_and_double_nothing': [
            'fct_ads__clicks', 'fct_ads__conversions', 'fct_ads__daily', 'ledger_ads__clicks',
            'ledger_ads__conversions', 'ledger_ads__impressions_by_day',
        ],
        'landing_pages_add_up': ['fct_ads__daily', 'fct_ads__landing_daily'],
        'metrics_truth_table': [],
        'money_adds_up': [
            'dim_ads__ads', 'dim_ads__exchange_rates', 'fct_ads__clicks', 'fct_ads__daily',
            'fct_ads__impressions_by_day', 'fct_ads__spend', 'ledger_ads__spend',
        ],
        'not_too_many_rows_are_rejected': [
            'ledger_ads__clicks', 'ledger_ads__conversions', 'ledger_ads__impressions', 'ledger_ads__spend',
            'mart_ads__ledger',
        ],
        'reach_adds_up': ['fct_ads__daily', 'mart_ads__reach'],
        'segments_add_up': ['fct_ads__daily', 'fct_ads__segment_daily', 'mart_ads__campaign', 'mart_ads__segment'],
        'the_ledger_balances_by_day': [
            'ledger_ads__clicks', 'ledger_ads__conversions', 'ledger_ads__impressions', 'ledger_ads__spend',
            'stg_ads__clicks', 'stg_ads__conversions', 'stg_ads__impressions', 'stg_ads__spend',
        ],
    }) -}}
{%- endmacro -%}

{#- Those in YAML: how many there are by the models that they read. -#}
{%- macro guards_by_models() -%}
    {{- return({
        'dim_ads__ads': 1,
        'dim_ads__campaigns': 1,
        'dim_ads__comparisons': 1,
        'dim_ads__days': 1,
        'dim_ads__exchange_rates': 1,
        'dim_ads__experiments': 1,
        'dim_ads__platforms': 1,
        'fct_ads__attribution_daily': 2,
        'fct_ads__attribution_daily mart_ads__attribution': 1,
        'fct_ads__click_matches': 1,
        'fct_ads__clicks': 1,
        'fct_ads__conversions': 2,
        'fct_ads__daily mart_ads__ad_daily': 1,
        'fct_ads__daily mart_ads__campaign': 1,
        'fct_ads__daily mart_ads__campaign_daily': 1,
        'fct_ads__daily mart_ads__campaign_monthly': 1,
        'fct_ads__daily mart_ads__campaign_weekly': 1,
        'fct_ads__daily mart_ads__platform_daily': 1,
        'fct_ads__experiment_daily': 1,
        'fct_ads__experiment_users': 1,
        'fct_ads__experiment_variants': 2,
        'fct_ads__journey_windows': 1,
        'fct_ads__journeys': 1,
        'fct_ads__landing_daily': 1,
        'fct_ads__markov': 2,
        'fct_ads__markov_chain': 1,
        'fct_ads__segment_daily': 1,
        'fct_ads__shapley': 2,
        'fct_ads__spend': 1,
        'fct_ads__touchpoints': 2,
        'fct_ads__training_journeys': 1,
        'fct_ads__view_matches': 1,
        'fct_ads__visits': 1,
        'ledger_ads__clicks': 2,
        'ledger_ads__conversions': 2,
        'ledger_ads__impressions': 2,
        'ledger_ads__impressions_by_day': 1,
        'ledger_ads__invalid_clicks': 2,
        'ledger_ads__invalid_conversions': 2,
        'ledger_ads__spend': 1,
        'ledger_ads__visits': 2,
        'mart_ads__ad_daily': 4,
        'mart_ads__attribution': 4,
        'mart_ads__attribution_models': 2,
        'mart_ads__budget_pacing': 4,
        'mart_ads__campaign': 4,
        'mart_ads__campaign_change': 5,
        'mart_ads__campaign_daily': 4,
        'mart_ads__campaign_monthly': 4,
        'mart_ads__campaign_ranking': 4,
        'mart_ads__campaign_weekly': 4,
        'mart_ads__conversion_lag': 4,
        'mart_ads__conversion_paths': 3,
        'mart_ads__experiments': 6,
        'mart_ads__frequency': 4,
        'mart_ads__funnel_steps': 4,
        'mart_ads__landing_page': 4,
        'mart_ads__ledger': 4,
        'mart_ads__orders_daily': 2,
        'mart_ads__platform_daily': 4,
        'mart_ads__reach': 5,
        'mart_ads__segment': 5,
        'mart_ads__segment_daily': 5,
        'mart_ads__utm_hygiene': 3,
    }) -}}
{%- endmacro -%}
