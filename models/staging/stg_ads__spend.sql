-- One row per raw spend line: renamed, typed, trimmed, with its own reject reason. Nothing is dropped.
{% set raw = ad_funnel.raw_table('spend') %}

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

typed as (

    select
        {{ ad_funnel.read_date(raw, 'date_day') }} as written_day,
        coalesce(platform, '{{ ad_funnel.setting("ad_funnel__default_platform") }}') as platform,
        campaign_id,
        ad_id,
        {{ ad_funnel.read_boolean(raw, 'is_credit') }} as is_said_credit,
        coalesce({{ ad_funnel.read_boolean(raw, 'is_credit') }}, false) as is_credit,
        {{ ad_funnel.read_decimal(raw, 'amount') }} as written_amount,
        renamed.amount is not null as has_amount,
        coalesce(currency, '{{ ad_funnel.default_currency() }}') as currency,
        {{ ad_funnel.read_whole(raw, 'reported_impressions') }} as reported_impressions,
        {{ ad_funnel.read_whole(raw, 'reported_clicks') }} as reported_clicks,
        {{ ad_funnel.read_decimal(raw, 'reported_conversions') }} as reported_conversions,
        {{ ad_funnel.read_optional_time(raw, 'loaded_at') }} as loaded_at,
        {{ ad_funnel.read_date(raw, 'partition_day') }} as partition_day,
        {%- for name in ad_funnel.may_be_unreadable(raw, 'spend') %}
        renamed.{{ name }} as written_{{ name }},
        {%- endfor %}
        raw_record
    from renamed

),

signed as (

    select
        *,
        cast(written_day as {{ ad_funnel.type_time() }}) as day_start,
        -- Some platforms write a credit as a negative amount, some as a positive one: here it always takes away.
        case when is_credit then -abs(written_amount) else written_amount end as amount
    from typed

),

dated as (

    select
        *,
        {{ ad_funnel.is_in_range('day_start') }} as is_in_range,
        written_day > {{ ad_funnel.reporting_day(ad_funnel.latest_time()) }} as is_in_future
    from signed

)

select
    *,
    case when is_in_range and not is_in_future then written_day end as date_day,
    {{ ad_funnel.ledger_day('case when is_in_range then written_day end') }} as ledger_day,
    {{ ad_funnel.early_partition_day('case when is_in_range then written_day end') }} as early_partition_day,
    has_amount and amount is null as is_amount_unreadable,
    case
        when ad_id is null and campaign_id is null then 'missing_id'
        when written_day is null then 'invalid_date'
        when not is_in_range then 'timestamp_out_of_range'
        when is_in_future then 'in_future'
        when has_amount and amount is null then 'invalid_number'
        when amount < 0 and not is_credit then 'negative_cost'
    end as reject_reason,
    {{ ad_funnel.unreadable_columns(raw, 'spend', {'is_credit': 'is_said_credit'}) }} as unreadable_columns,
    {{ ad_funnel.row_stamp('spend', raw, 'is_in_future') }} as row_stamp
from dated
