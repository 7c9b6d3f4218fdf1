-- One row per row of the platforms table: what a platform is called and what it counts.
{% set raw = ad_funnel.raw_table('platforms') %}

with source as (

    select * from {{ raw.relation }}

)

select {{ ad_funnel.raw_columns(raw) }}
from source
