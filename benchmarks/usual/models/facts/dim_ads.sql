select
    * replace (
        case
            when lag(valid_from) over (partition by platform, ad_id order by valid_from) is null then date '1900-01-01'
            else valid_from
        end as valid_from
    ),
    lead(valid_from, 1, date '9999-12-31') over (partition by platform, ad_id order by valid_from) as valid_to
from {{ ref('stg_ads') }}
