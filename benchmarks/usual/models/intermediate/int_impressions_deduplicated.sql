with numbered as (
    select
        *,
        row_number() over (partition by platform, impression_id order by impression_at, loaded_at) as copy_number
    from {{ ref('stg_impressions') }}
)

select * exclude (copy_number)
from numbered
where copy_number = 1
