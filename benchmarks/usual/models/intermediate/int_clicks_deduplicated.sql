with numbered as (
    select
        *,
        row_number() over (partition by platform, click_id order by clicked_at, loaded_at) as copy_number
    from {{ ref('stg_clicks') }}
)

select * exclude (copy_number)
from numbered
where copy_number = 1
