{#-
    Attribution: which touches a conversion has, what channel each is of, and how the models share the conversion out.
    The models themselves: models/facts/fct_ads__touchpoints.sql, fct_ads__markov.sql, fct_ads__shapley.sql.
-#}

{#- Whether attribution is built at all, and whether the models that learn from the journeys are. -#}
{%- macro has_attribution() -%}
    {{- return(ad_funnel.setting('ad_funnel__attribution')) -}}
{%- endmacro -%}

{%- macro has_data_driven_attribution() -%}
    {{- return(ad_funnel.has_attribution() and ad_funnel.setting('ad_funnel__data_driven_attribution')) -}}
{%- endmacro -%}


{#-
    The models, each a column of credit and one of value. `shared`: the touches share a conversion by a weight that each
    has; else one touch has it whole. `most_channels`: with more, the model would take too long, and its credit is NULL.
-#}
{%- macro attribution_models() -%}
    {{- return({
        'first_touch': {},
        'last_touch': {},
        'last_click': {},
        'last_non_direct': {},
        'linear': {'shared': true},
        'position_based': {'shared': true},
        'time_decay': {'shared': true},
        'shapley_simplified': {'shared': true},
        'markov': {'shared': true, 'data_driven': true, 'most_channels': 200},
        'shapley': {'shared': true, 'data_driven': true, 'most_channels': 15},
    }) -}}
{%- endmacro -%}

{#- Those that are built: the data-driven ones only where they are asked for. -#}
{%- macro built_attribution_models() -%}
    {%- set built = [] -%}
    {%- for model, about in ad_funnel.attribution_models().items()
        if not about.data_driven or ad_funnel.has_data_driven_attribution() -%}
        {%- do built.append(model) -%}
    {%- endfor -%}
    {{- return(built) -}}
{%- endmacro -%}


{#- How many of five players are in the group that the bits of this number name. -#}
{%- macro group_size(members) -%}
    {{- return(members % 2 + members // 2 % 2 + members // 4 % 2 + members // 8 % 2 + members // 16) -}}
{%- endmacro -%}


{#-
    A visit's channel: the platform of the campaign that it found; else what its log says; else the platform that its
    click id or tags name; else its UTM tags, as source / medium; else it is direct. A log that says direct of a visit
    with a click id has looked at the tags alone. (The channel of an ad's impression or click is its platform, so both
    meet.)
-#}
{%- macro visit_channel() -%}
    coalesce(
        case when campaigns.campaign_id is not null then campaigns.platform end,
        case
            when campaigns.platform is null or not {{ ad_funnel.is_direct("coalesce(visits.channel, '')") }}
                then visits.channel
        end,
        campaigns.platform,
        visits.utm_source || ' / ' || visits.utm_medium,
        visits.utm_source,
        visits.utm_medium,
        'direct'
    )
{%- endmacro -%}

{#- Whether a channel is none: the user came by themselves. The spellings are those of web analytics. -#}
{%- macro is_direct(channel) -%}
    {{ ad_funnel.lower_case(channel) }} in ('direct', '(direct)', '(direct) / (none)', '(none)')
{%- endmacro -%}


{#- What a touch is in paths and for the models that learn from them: its channel, or its campaign, by setting. -#}
{%- macro path_channel(channel, campaign_id) -%}
    {%- if ad_funnel.setting('ad_funnel__attribution_level') == 'campaign' -%}
        {{ channel }} || ': ' || {{ campaign_id }}
    {%- else -%}
        {{ channel }}
    {%- endif -%}
{%- endmacro -%}


{#-
    The kinds of touches and how many seconds each can count: for conversions, each by its type (the model has a column
    conversion_type), or, `by_type` false, for any.
-#}
{%- macro touch_windows(by_type=true) -%}
    {%- set windows = ad_funnel.conversion_windows() -%}
    {{- return({
        'view': ad_funnel.window_of_type(windows, 'view', -1) if by_type else -windows.default.view,
        'visit': -ad_funnel.seconds('ad_funnel__visit_window'),
        'click': ad_funnel.window_of_type(windows, 'click', -1) if by_type else -windows.default.click,
    }) -}}
{%- endmacro -%}

{#- The order of touches, the latest first. At one moment a view comes first, then a visit, then a click. -#}
{%- macro latest_touch_first(touches) -%}
    {{ touches }}.touched_at desc nulls last,
                case {{ touches }}.touch_type when 'view' then 1 when 'visit' then 2 else 3 end desc nulls last,
                {{ touches }}.touch_id desc nulls last,
                {{ touches }}.channel desc nulls last
{%- endmacro -%}


{#-
    Gauss and Jordan, in place: `matrix` is a table that holds a matrix (i, j, a) as step 0, and columns beside it with a
    j below 0. Each step sweeps one state, from 0 on; the last one's rows are the inverse, and beside it its product with
    those columns. The steps are statements, ten steps each, because most engines take no windows in a recursion.
-#}
{%- macro sweep(matrix) -%}
    {%- if not execute -%}{{- return('') -}}{%- endif -%}
    {%- set states = ad_funnel.rows_of('select count(distinct i) as states from ' ~ matrix)[0].states | int -%}
    {%- for step in range(0, states, 10) -%}
        {%- do run_query(ad_funnel.sweeps(matrix, range(step, [step + 10, states] | min))) -%}
    {%- endfor -%}
    {{- return('') -}}
{%- endmacro -%}

{%- macro sweeps(matrix, steps) %}
insert into {{ matrix }} (step, path_channel, i, j, a)
with swept_{{ steps[0] }} as (

    select
        path_channel,
        i,
        j,
        a
    from {{ matrix }}
    where step = {{ steps[0] }}

)
{%- for step in steps %},

crossed_{{ step }} as (

    select
        path_channel,
        i,
        j,
        a,
        max(case when j = {{ step }} then a end) over (partition by i) as in_column,
        max(case when i = {{ step }} then a end) over (partition by j) as in_row,
        max(case when i = {{ step }} and j = {{ step }} then a end) over () as on_diagonal
    from swept_{{ step }}

),

swept_{{ step + 1 }} as (

    select
        path_channel,
        i,
        j,
        case
            when i = {{ step }} and j = {{ step }} then 1 / on_diagonal
            when i = {{ step }} then a / on_diagonal
            when j = {{ step }} then -a / on_diagonal
            else a - in_column * in_row / on_diagonal
        end as a
    from crossed_{{ step }}

)
{%- endfor %}

select
    {{ steps[-1] + 1 }} as step,
    path_channel,
    i,
    j,
    a
from swept_{{ steps[-1] + 1 }}
{%- endmacro -%}


{#- What the touches of a journey up to this one weigh, and all of them, for each model that shares by weight. -#}
{%- macro running_weights() -%}
    {%- set columns = [] -%}
    {%- for model in ad_funnel.built_attribution_models() if ad_funnel.attribution_models()[model].shared -%}
        {%- do columns.append(
            'sum(' ~ model ~ '_weight) over (\n            partition by journey_number'
            ~ ' order by touch_number asc nulls last\n'
            ~ '            rows between unbounded preceding and current row\n        ) as ' ~ model ~ '_so_far'
        ) -%}
        {%- do columns.append('sum(' ~ model ~ '_weight) over (partition by journey_number) as ' ~ model ~ '_total') -%}
    {%- endfor -%}
    {{- columns | join(',\n        ') -}}
{%- endmacro -%}


{#-
    Each model's part of the conversion and of its value. Parts by weight are differences of running shares that are
    rounded: so they add up to exactly 1, none is negative, and what rounding leaves over falls to the touch that
    completes the next unit. A product of money and a share has room for all digits of both, and is slow: most journeys
    are short, and their first and last touches need none.
-#}
{%- macro credit_columns() -%}
    {%- set credit, money, double = ad_funnel.type_credit(), ad_funnel.type_money(), ad_funnel.type_double() -%}
    {%- set built = ad_funnel.built_attribution_models() -%}
    {%- for model, about in ad_funnel.attribution_models().items() -%}
        {%- if model not in built -%}
    cast(null as {{ credit }}) as {{ model }}_credit,
    cast(null as {{ money }}) as {{ model }}_value
        {%- elif not about.shared -%}
    cast(case when touch_number = {{ model }}_number then 1 else 0 end as {{ credit }}) as {{ model }}_credit,
    cast(case
        when touch_number = {{ model }}_number then conversion_value
        when conversion_value is not null then 0
    end as {{ money }}) as {{ model }}_value
        {%- else -%}
            {%- set so_far, weight, whole = model ~ '_so_far', model ~ '_weight', model ~ '_total' -%}
            {%- set total = 'cast(' ~ whole ~ ' as ' ~ double ~ ')' -%}
            {%- set share = 'cast(cast(' ~ so_far ~ ' as ' ~ double ~ ') / ' ~ total ~ ' as ' ~ credit ~ ')' -%}
            {%- set before = share.replace(so_far ~ ' as', so_far ~ ' - ' ~ weight ~ ' as') -%}
    cast({{ share }}
        - {{ before }} as {{ credit }}) as {{ model }}_credit,
    cast(
        case
            when {{ so_far }} = {{ whole }} then conversion_value
            else cast(conversion_value * {{ share }} as {{ money }})
        end
        - case
            when {{ so_far }} = {{ weight }} then 0
            else cast(conversion_value * {{ before }} as {{ money }})
        end as {{ money }}
    ) as {{ model }}_value
        {%- endif -%}
        {{- ',\n    ' if not loop.last -}}
    {%- endfor -%}
{%- endmacro -%}


{#- The weight of a touch by its place. With none between, first and last share as they do with one. -#}
{%- macro position_weight() -%}
    {%- set first, middle, last = ad_funnel.setting('ad_funnel__position_shares').split('/') | map('int') | list -%}
    case
            when touches <= 1 then 1
            {%- if first + last > 0 %}
            when touches = 2 then case touch_number when 1 then {{ first }} else {{ last }} end
            {%- else %}
            when touches = 2 then 1
            {%- endif %}
            when touch_number = 1 then {{ first }} * (touches - 2)
            when touch_number = touches then {{ last }} * (touches - 2)
            else {{ middle }}
        end
{%- endmacro -%}


{#- CPA and ROAS of an attribution mart's row, as metric_columns() has them: NULL where some money is unknown. -#}
{%- macro attributed_money_metrics() -%}
    {%- set spend = '(case when is_cost_complete then spend end)' -%}
    {%- set value = '(case when is_value_complete then conversion_value end)' -%}
    {%- if ad_funnel.setting('ad_funnel__partial_money_metrics') -%}
        {%- set spend, value = 'spend', 'conversion_value' -%}
    {%- endif -%}
    {{ ad_funnel.cpa(spend) }} as cpa,
    {{ ad_funnel.roas(value, spend) }} as roas
{%- endmacro -%}
