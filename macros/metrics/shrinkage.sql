{#-
    Rates of small cells: their intervals, and themselves shrunk toward the rate of their parent, so that rankings are
    not led by noise (empirical Bayes).

    A cell's own rate x / n is moved toward its parent's p (that of all its siblings together), by a weight that grows
    with n and with how far siblings truly differ. How far they differ is told by the spread of their rates beyond what
    chance explains (Kleinman, Proportions with extraneous variance, JASA 1973). Of cells of one or two rows that says
    little, so chance is given one standard deviation of its own, too (Haldane, Biometrika 1940): of small cells that are
    alike it leaves a third of the error, and where cells differ it costs a few percent (test_segments.py simulates it).
        chance  = (siblings - 1) p q + sqrt(p q (2 (siblings - 1) p q + (1 - 6 p q) sum 1/n)), where q = 1 - p
        between = (sum n (x/n - p)^2 - chance) / sum n (1 - n / sum n), at least 0
        shrunk  = p + weight (x/n - p), where weight = n between / (n between + p q - between)
    Where siblings differ by chance alone, all of them have the parent's rate; a cell without any n has it, too.

    `rates`: {'ctr': ['clicked_impressions', 'impressions'], ...}; `parent`: the columns that siblings have in common.
    Each macro is the column list of one step: its result is read by the next, since windows cannot stand in windows. What
    is summed up is DECIMAL, whose sums do not depend on the order of rows.
-#}

{#- First step: <rate>_own, x / n; of all siblings <rate>_parent, p, and <rate>_trials, sum n. -#}
{%- macro parent_rates(rates, parent) -%}
    {%- set over = 'over (partition by ' ~ parent ~ ')' -%}
    {%- for rate, (hits, trials) in rates.items() -%}
        {{ ad_funnel.ratio(hits, trials) }} as {{ rate }}_own,
        {{ ad_funnel.ratio('sum(' ~ hits ~ ') ' ~ over, 'sum(' ~ trials ~ ') ' ~ over) }} as {{ rate }}_parent,
        sum({{ trials }}) {{ over }} as {{ rate }}_trials
        {%- if not loop.last %},
        {% endif -%}
    {%- endfor -%}
{%- endmacro -%}

{#- Second step: <rate>_between. -#}
{%- macro rates_between(rates, parent) -%}
    {%- for rate, (hits, n) in rates.items() -%}
        {%- set p = rate ~ '_parent' -%}
        {%- set pq = '(' ~ p ~ ' * (1e0 - ' ~ p ~ '))' -%}
        {%- set distance = '(' ~ rate ~ '_own - ' ~ p ~ ')' -%}
        {%- set spread = ad_funnel.sum_of_siblings(n ~ ' * ' ~ distance ~ ' * ' ~ distance, parent) -%}
        {%- set size = ad_funnel.sum_of_siblings(
            n ~ ' * (1e0 - ' ~ ad_funnel.ratio(n, rate ~ '_trials') ~ ')', parent) -%}
        {%- set inverses = ad_funnel.sum_of_siblings(ad_funnel.ratio('1', n), parent) -%}
        {%- set others = ad_funnel.sum_of_siblings('case when ' ~ n ~ ' > 0 then 1 else 0 end', parent) ~ ' - 1e0' -%}
        {%- set variance = (
            pq ~ ' * (2e0 * (' ~ others ~ ') * ' ~ pq ~ ' + (1e0 - 6e0 * ' ~ pq ~ ') * ' ~ inverses ~ ')'
        ) -%}
        {#- (Of cells of one row the variance may fall below 0.) -#}
        {%- set chance = '((' ~ others ~ ') * ' ~ pq ~ ' + sqrt(abs(' ~ variance ~ ')))' -%}
        {{ ad_funnel.ratio('(' ~ spread ~ ' - ' ~ chance ~ ')', size) }} as {{ rate }}_between
        {%- if not loop.last %},
        {% endif -%}
    {%- endfor -%}
{%- endmacro -%}

{%- macro sum_of_siblings(value, parent) -%}
    {%- set sum = "sum(cast(" ~ value ~ " as " ~ ad_funnel.type_weight() ~ ")) over (partition by " ~ parent ~ ")" -%}
    cast({{ sum }} as {{ ad_funnel.type_double() }})
{%- endmacro -%}

{#- Last step: <rate>_low and _high (Wilson, 95 %) and <rate>_shrunk. -#}
{%- macro cell_rates(rates) -%}
    {%- set z = ad_funnel.z_of_95_percent() -%}
    {%- for rate, (hits, trials) in rates.items() -%}
        {%- set own, p, between, n = rate ~ '_own', rate ~ '_parent', rate ~ '_between', trials -%}
        {{ ad_funnel.wilson_end(own, n, z, '-1') }} as {{ rate }}_low,
        {{ ad_funnel.wilson_end(own, n, z, '1') }} as {{ rate }}_high,
        case
            when {{ n }} = 0 or {{ between }} is null or {{ between }} <= 0 then {{ p }}
            when {{ between }} >= {{ p }} * (1e0 - {{ p }}) then {{ own }}
            else {{ p }} + ({{ own }} - {{ p }})
                * {{ n }} * {{ between }} / ({{ n }} * {{ between }} + {{ p }} * (1e0 - {{ p }}) - {{ between }})
        end as {{ rate }}_shrunk
        {%- if not loop.last %},
        {% endif -%}
    {%- endfor -%}
{%- endmacro -%}
