{#-
    The adapters: what `dbt run-operation ad_funnel.show_adapter` lists and prints, and docs/adapters.md shows beside
    the comment at the head of each file. Of each raw table that an adapter gives: the tables that its macro reads, by
    the names of its arguments, and `also`, the other arguments that most users want. The macro of the raw table
    `visits` of the adapter `segment` is `visits_from_segment`; `visits_and_conversions` are two raw tables in one model.
-#}
{%- macro adapters() -%}
    {{- return({
        'fivetran_ad_reporting': {
            'reports': {'tables': {
                'account_report': 'ad_reporting__account_report', 'campaign_report': 'ad_reporting__campaign_report',
                'ad_group_report': 'ad_reporting__ad_group_report', 'ad_report': 'ad_reporting__ad_report',
            }, 'also': "currency='USD'"},
            'campaigns': {'tables': {'campaign_report': 'ad_reporting__campaign_report'}},
            'ads': {'tables': {'ad_report': 'ad_reporting__ad_report'}},
        },
        'fivetran_google_ads': {
            'reports': {'tables': {
                'campaign_stats': 'campaign_stats', 'ad_stats': 'ad_stats', 'account_history': 'account_history',
            }},
            'campaigns': {'tables': {'campaign_history': 'campaign_history'}},
            'ads': {'tables': {'ad_history': 'ad_history', 'ad_group_history': 'ad_group_history'}},
        },
        'google_ads_api': {
            'reports': {'tables': {'stats': 'p_ads_CampaignBasicStats_1234567890'}, 'also': "currency='USD'"},
            'campaigns': {'tables': {'campaign': 'p_ads_Campaign_1234567890'}},
            'ads': {'tables': {'ad': 'p_ads_Ad_1234567890'}},
        },
        'fivetran_meta': {
            'reports': {'tables': {
                'basic_ad': 'basic_ad', 'ad_history': 'ad_history', 'account_history': 'account_history',
                'actions': 'basic_ad_actions', 'action_values': 'basic_ad_action_values',
            }, 'also': "conversion_types=['offsite_conversion.fb_pixel_purchase'], currency='USD'"},
            'campaigns': {'tables': {'campaign_history': 'campaign_history'}},
            'ads': {'tables': {'ad_history': 'ad_history', 'ad_set_history': 'ad_set_history'}},
        },
        'meta_insights': {
            'reports': {
                'tables': {'insights': 'ads_insights'},
                'also': "conversion_types=['offsite_conversion.fb_pixel_purchase'], currency='USD'",
            },
            'campaigns': {'tables': {'insights': 'ads_insights'}},
            'ads': {'tables': {'insights': 'ads_insights'}},
        },
        'fivetran_microsoft': {
            'reports': {'tables': {
                'campaign_performance': 'campaign_performance_daily_report',
                'ad_performance': 'ad_performance_daily_report', 'account_history': 'account_history',
            }},
            'campaigns': {'tables': {'campaign_history': 'campaign_history'}},
            'ads': {'tables': {'ad_history': 'ad_history', 'ad_group_history': 'ad_group_history'}},
        },
        'fivetran_linkedin': {
            'reports': {'tables': {
                'ad_analytics_by_campaign': 'ad_analytics_by_campaign',
                'ad_analytics_by_creative': 'ad_analytics_by_creative', 'campaign_history': 'campaign_history',
                'creative_history': 'creative_history', 'account_history': 'account_history',
            }},
            'campaigns': {'tables': {'campaign_group_history': 'campaign_group_history'}},
            'ads': {'tables': {'creative_history': 'creative_history', 'campaign_history': 'campaign_history'}},
        },
        'fivetran_tiktok': {
            'reports': {'tables': {
                'campaign_report': 'campaign_report_hourly', 'ad_report': 'ad_report_hourly',
                'campaign_history': 'campaign_history', 'ad_history': 'ad_history', 'advertiser': 'advertiser',
            }},
            'campaigns': {'tables': {'campaign_history': 'campaign_history'}},
            'ads': {'tables': {'ad_history': 'ad_history', 'adgroup_history': 'adgroup_history'}},
        },
        'ga4_bigquery': {
            'visits_and_conversions': {'tables': {'events': 'events_*'}, 'also': "conversion_types=['purchase']"},
            'visits': {'tables': {'events': 'events_*'}},
            'conversions': {'tables': {'events': 'events_*'}, 'also': "conversion_types=['purchase']"},
        },
        'fivetran_ga4': {
            'visits_and_conversions': {'tables': {'event': 'event'}, 'also': "conversion_types=['purchase']"},
            'visits': {'tables': {'event': 'event'}},
            'conversions': {'tables': {'event': 'event'}, 'also': "conversion_types=['purchase']"},
        },
        'snowplow_events': {
            'visits': {'tables': {'events': 'events'}},
            'conversions': {'tables': {'events': 'events'}, 'also': "conversion_types=['transaction']"},
            'impressions': {'tables': {
                'ad_impressions': 'com_snowplowanalytics_snowplow_ad_impression_1', 'events': 'events',
            }},
            'clicks': {'tables': {
                'ad_clicks': 'com_snowplowanalytics_snowplow_ad_click_1', 'events': 'events',
            }},
        },
        'segment': {
            'visits': {'tables': {'pages': 'pages'}},
            'conversions': {'tables': {'event': 'order_completed'}, 'also': "conversion_type='purchase'"},
        },
        'shopify_orders': {
            'conversions': {'tables': {'orders': 'order', 'transactions': 'transaction'}},
        },
        'hubspot': {
            'conversions': {'tables': {
                'deal': 'deal', 'deal_pipeline_stage': 'deal_pipeline_stage', 'deal_contact': 'deal_contact',
                'contact_form_submission': 'contact_form_submission',
            }, 'also': "currency='USD'"},
        },
        'appsflyer': {
            'conversions': {
                'tables': {'installs': 'installs', 'in_app_events': 'in_app_events'},
                'also': "user_id='advertising_id'",
            },
            'clicks': {'tables': {'clicks': 'clicks'}},
        },
        'cm360': {
            'impressions': {'tables': {'impressions': 'p_impression_1234567'}},
            'clicks': {'tables': {'clicks': 'p_click_1234567'}},
            'conversions': {'tables': {'activities': 'p_activity_1234567'}},
        },
        'ipinyou': {
            'impressions': {'tables': {'impressions': 'imp'}},
            'clicks': {'tables': {'clicks': 'clk'}},
        },
    }) -}}
{%- endmacro -%}


{#-
    `dbt run-operation ad_funnel.show_adapter --args '{name: fivetran_google_ads, schema: google_ads}'` prints what to
    paste to start with an adapter; without a name, it lists the adapters. (A macro called `adapter` would take the
    place of dbt's own `adapter` in the whole package.)
-#}
{%- macro show_adapter(name=none, schema=none) -%}
    {%- set adapters = ad_funnel.adapters() -%}
    {%- if name is none -%}
        {%- set lines = ['The adapters, the raw tables that each gives, and what it reads:', ''] -%}
        {%- for known, gives in adapters.items() -%}
            {%- do lines.append('  ' ~ known ~ ': ' ~ gives | join(', ')) -%}
            {%- do lines.append('      reads ' ~ ad_funnel.tables_read(gives) | join(', ')) -%}
        {%- endfor -%}
        {%- do lines.append('') -%}
        {%- do lines.append("What to paste for one: --args '{name: fivetran_google_ads, schema: your_schema}'") -%}
        {{- print(lines | join('\n')) -}}
    {%- elif name not in adapters -%}
        {%- do exceptions.raise_compiler_error(
            'There is no adapter ' ~ name ~ '. Cure: name one of ' ~ adapters | join(', ') ~ '.'
        ) -%}
    {%- else -%}
        {{- print(ad_funnel.adapter_start(name, adapters[name], schema or name)) -}}
    {%- endif -%}
{%- endmacro -%}


{#- The loader's tables that an adapter reads, each once. -#}
{%- macro tables_read(gives) -%}
    {%- set tables = [] -%}
    {%- for about in gives.values() -%}
        {%- for table in about.tables.values() if table not in tables -%}
            {%- do tables.append(table) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{- return(tables) -}}
{%- endmacro -%}


{#- The files of a start with one adapter; of raw tables that one model can hold together, that model. -#}
{%- macro adapter_start(name, gives, schema) -%}
    {%- set lines, together = [], [] -%}
    {%- for model in gives if '_and_' in model -%}
        {%- do together.extend(model.split('_and_')) -%}
    {%- endfor -%}
    {%- do lines.append('# models/' ~ name ~ '_sources.yml') -%}
    {%- do lines.append('version: 2\nsources:\n  - name: ' ~ name ~ '\n    schema: ' ~ schema ~ '\n    tables:') -%}
    {%- for table in ad_funnel.tables_read(gives) -%}
        {%- do lines.append("      - name: '" ~ table ~ "'") -%}
    {%- endfor -%}
    {%- for raw_table, about in gives.items() if raw_table not in together -%}
        {%- set arguments = [] -%}
        {%- for argument, table in about.tables.items() -%}
            {%- do arguments.append('    ' ~ argument ~ "=source('" ~ name ~ "', '" ~ table ~ "')") -%}
        {%- endfor -%}
        {%- if about.also -%}
            {%- do arguments.append('    ' ~ about.also) -%}
        {%- endif -%}
        {%- do lines.append('\n-- models/' ~ raw_table ~ '_of_' ~ name ~ '.sql') -%}
        {%- do lines.append('{{ ad_funnel.' ~ raw_table ~ '_from_' ~ name ~ '(') -%}
        {%- do lines.append(arguments | join(',\n') ~ '\n) }}') -%}
    {%- endfor -%}
    {%- do lines.append('\n# dbt_project.yml\nvars:') -%}
    {%- for model in gives if model not in together -%}
        {%- for raw_table in model.split('_and_') -%}
            {%- do lines.append(
                '  ad_funnel__' ~ raw_table ~ ': "{{ ref(\'' ~ model ~ '_of_' ~ name ~ '\') }}"'
            ) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{- return(lines | join('\n')) -}}
{%- endmacro -%}
