-- One row per raw visit: renamed, typed, trimmed, with its own reject reason. Nothing is dropped. UTM fields that the
-- log does not tell are read from the URL.
{{ config(enabled=ad_funnel.reads_visits()) }}
{% set raw = ad_funnel.raw_table('visits') %}
{% set fields = ad_funnel.utm_fields() %}

with source as (

    select * from {{ raw.relation }}

),

trimmed as (

    select
        {{ ad_funnel.trimmed_columns(raw) }},
        {{ ad_funnel.raw_record(raw) }} as raw_record
    from source

),

renamed as (

    select
        {{ ad_funnel.raw_columns(raw) }},
        raw_record
    from trimmed

),

with_query as (

    select
        *,
        {{ ad_funnel.tag_query('landing_url') }} as tag_query
    from renamed

),

typed as (

    select
        visit_id,
        {{ ad_funnel.read_time(raw, 'visited_at') }} as visited_at,
        user_id,
        channel,
        {%- for field in fields %}
        {{ field }} as told_{{ field }},
        {{ ad_funnel.tag_value('tag_query', field) }} as escaped_{{ field }},
        {%- endfor %}
        coalesce(utm_id, {{ ad_funnel.tag_value('tag_query', 'utm_id') }}) as utm_id,
        {%- for click_id in ad_funnel.click_id_columns() %}
        {{ click_id }},
        {%- endfor %}
        landing_url,
        user_agent,
        {{ ad_funnel.read_optional_time(raw, 'loaded_at') }} as loaded_at,
        {{ ad_funnel.read_date(raw, 'partition_day') }} as partition_day,
        {%- for name in ad_funnel.may_be_unreadable(raw, 'visits') %}
        with_query.{{ name }} as written_{{ name }},
        {%- endfor %}
        raw_record,
        {{ ad_funnel.is_erased(raw) }} as is_erased
    from with_query

),

{{ ad_funnel.unescaping('typed') }},

found_out as (

    select
        *,
        {%- for field in fields %}
        coalesce(told_{{ field }}, {{ ad_funnel.utm_value(field) }}) as {{ field }},
        {%- endfor %}
        {{ ad_funnel.booking_day('visited_at') }} as date_day,
        {{ ad_funnel.ledger_day(ad_funnel.reporting_day('visited_at')) }} as ledger_day,
        {{ ad_funnel.early_partition_day(ad_funnel.reporting_day('visited_at')) }} as early_partition_day,
        coalesce(
            case when visit_id is null then 'missing_id' end,
            {{ ad_funnel.time_fault('visited_at') }}
        ) as reject_reason,
        {{ ad_funnel.unreadable_columns(raw, 'visits') }} as unreadable_columns,
        {{ ad_funnel.row_stamp('visits', raw, ad_funnel.is_in_future('visited_at')) }} as row_stamp
    from unescaped

)

select
    {{ ad_funnel.staged_columns('visits') }}
from found_out
