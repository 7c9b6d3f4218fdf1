-- One row per row of the platforms table: what a platform is called and what it counts.
{% set raw = ad_funnel.raw_table('platforms') %}

with source as (

    select * from {{ raw.relation }}

),

trimmed as (

    select {{ ad_funnel.trimmed_columns(raw) }}
    from source

)

select {{ ad_funnel.raw_columns(raw) }}
from trimmed
