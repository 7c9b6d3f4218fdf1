-- One row per row of the exchange rates table: what one unit of a currency is worth in the reporting currency.
{% set raw = ad_funnel.raw_table('exchange_rates') %}

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

)

select
    {{ ad_funnel.read_date(raw, 'date_day') }} as date_day,
    currency,
    {{ ad_funnel.read_decimal(raw, 'rate') }} as rate,
    {{ ad_funnel.unreadable_columns_of(raw, 'exchange_rates') }} as unreadable_columns
from renamed
