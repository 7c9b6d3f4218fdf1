-- One row per row of the bot patterns table: a text that a bot's user agent contains.
{% set raw = ad_funnel.raw_table('bot_patterns') %}

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

select {{ ad_funnel.lower_case('pattern') }} as pattern
from renamed
where pattern is not null
