with numbered as (
    select
        *,
        row_number() over (partition by platform, conversion_id order by converted_at, loaded_at) as copy_number
    from {{ ref('stg_conversions') }}
)

select * exclude (copy_number)
from numbered
where copy_number = 1
