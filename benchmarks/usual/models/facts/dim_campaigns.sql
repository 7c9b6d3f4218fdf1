select * from {{ ref('stg_campaigns') }}
