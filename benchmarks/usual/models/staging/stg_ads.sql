select * from {{ source('raw', 'ads') }}
