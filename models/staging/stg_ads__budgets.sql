-- One row per row of the budgets table: what was planned for a campaign, with its own reject reason. Nothing is
-- dropped.
{{ config(enabled=ad_funnel.is_measured(['budgets'])) }}
{% set raw = ad_funnel.raw_table('budgets') %}

with source as (

    select * from {{ raw.relation }}

),

trimmed as (

    select {{ ad_funnel.trimmed_columns(raw) }}
    from source

),

renamed as (

    select {{ ad_funnel.raw_columns(raw) }}
    from trimmed

),

typed as (

    select
        coalesce(platform, '{{ ad_funnel.setting("ad_funnel__default_platform") }}') as platform,
        campaign_id,
        {{ ad_funnel.read_date(raw, 'first_day') }} as first_day,
        {{ ad_funnel.read_date(raw, 'last_day') }} as last_day,
        {{ ad_funnel.read_decimal(raw, 'amount') }} as amount,
        coalesce(currency, '{{ ad_funnel.default_currency() }}') as currency
    from renamed

)

select
    *,
    case
        when campaign_id is null then 'missing_id'
        when
            first_day is null or last_day is null
            or first_day < date '1900-01-01' or last_day >= date '2200-01-01'
            or last_day < first_day
            then 'invalid_date'
        when amount is null or amount <= 0 then 'invalid_number'
    end as reject_reason
from typed
