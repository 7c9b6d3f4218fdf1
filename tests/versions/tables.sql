{#- Every table and calculation that Jinja makes for SQL, as JSON lines: of macros that both engines must render alike. -#}
{%- macro tables_of_jinja() -%}
    {%- set days = [] -%}
    {%- for day in ['2024-02-28', '2024-02-29', '2023-12-31', '1900-03-01', '2000-02-29', '2199-12-31'] -%}
        {%- for step in [-366, -31, -1, 0, 1, 30, 400] -%}
            {%- do days.append([day, step, ad_funnel.days_after(day, step)]) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- set dates = [] -%}
    {%- for year in ['0000', '0001', '0004', '1900', '2000', '2023', '2024', '2100'] -%}
        {%- for month in ['00', '01', '02', '04', '12', '13'] -%}
            {%- for day in ['00', '01', '28', '29', '30', '31', '32'] -%}
                {%- set date = year ~ '-' ~ month ~ '-' ~ day -%}
                {%- do dates.append([date, ad_funnel.is_calendar_date(date) | string]) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- set numbers = [] -%}
    {%- for number in [0, 0.004, 0.006, 1.5, 99.999, 100, 999.996, 1000, 12345.678, 1234567, 0 - 1234.5] -%}
        {%- for decimals in [0, 2, 3] -%}
            {%- do numbers.append([number, decimals, ad_funnel.number_text(number, decimals)]) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- set sizes, factors, errors = [], [], [] -%}
    {%- for members in range(32) -%}
        {%- do sizes.append(ad_funnel.group_size(members)) -%}
    {%- endfor -%}
    {%- for power in range(1, 10) -%}
        {%- do factors.append(ad_funnel.decimal_of_power(10 ** power)) -%}
    {%- endfor -%}
    {%- for size in ad_funnel.settings()['ad_funnel__sketch_size'].choices -%}
        {%- do errors.append([size, ad_funnel.sketch_error(size)]) -%}
    {%- endfor -%}
    {%- set escapes = [] -%}
    {%- for step in ad_funnel.url_escapes() -%}
        {%- for escape, sign in step -%}
            {%- do escapes.append([escape, sign]) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- set groups = [] -%}
    {%- for group in ad_funnel.exposure_groups() -%}
        {%- do groups.append([group.start, group.end, group.name]) -%}
    {%- endfor -%}
    {%- set durations = [] -%}
    {%- for duration in ['0 days', '1 second', '90 seconds', '5 minutes', '2 hours', '1 day', '400 days'] -%}
        {%- set seconds = ad_funnel.duration_seconds(duration) -%}
        {%- do durations.append([duration, seconds, ad_funnel.days_reached(seconds)]) -%}
    {%- endfor -%}
    {%- for name, table in [
        ('zones', ad_funnel.time_zones()), ('days', days), ('dates', dates), ('numbers', numbers), ('sizes', sizes),
        ('factors', factors), ('errors', errors), ('escapes', escapes), ('groups', groups), ('durations', durations),
        ('hash', ad_funnel.hash_number('hash')), ('chi square', ad_funnel.chi_square_tail('x', 'df')),
        ('tail', ad_funnel.normal_tail('z')), ('quantile', ad_funnel.normal_quantile('p')),
        ('z', ad_funnel.z_of_95_percent()), ('wilson', ad_funnel.wilson_end('share', 'n', 'z', 1)),
        ('microseconds', ad_funnel.range_of_microseconds()),
    ] -%}
        {{- print('table ' ~ name ~ ': ' ~ tojson(table)) -}}
    {%- endfor -%}
{%- endmacro -%}
