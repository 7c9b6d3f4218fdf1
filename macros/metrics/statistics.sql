{#-
    Statistics of experiments, each an expression in plain SQL. Arguments are columns (they are repeated in the text);
    all is DOUBLE, and NULL where an argument is. How they are put together: models/marts/mart_ads__experiments.sql.
-#}

{#-
    The upper tail of the normal distribution beyond |z|. Hart's rational approximation (Computer Approximations, 1968)
    as West has it (Better approximations to cumulative normal functions, Wilmott, 2005): within 1e-15; of far tails
    eight digits are right. Beyond 37 it is 0: some engines refuse to compute an exponential that is smaller than a
    DOUBLE can be.
-#}
{%- macro normal_tail(z) -%}
    {%- set x = 'abs(' ~ z ~ ')' -%}
    case
        when {{ x }} > 37 then 0e0
        when {{ x }} < 7.07106781186547e0 then exp(-{{ z }} * {{ z }} / 2e0)
            * {{ ad_funnel.polynomial(x, [
                '3.52624965998911e-2', '7.00383064443688e-1', '6.37396220353165e0', '3.3912866078383e1',
                '1.12079291497871e2', '2.21213596169931e2', '2.20206867912376e2',
            ]) }}
            / {{ ad_funnel.polynomial(x, [
                '8.83883476483184e-2', '1.75566716318264e0', '1.6064177579207e1', '8.67807322029461e1',
                '2.96564248779674e2', '6.37333633378831e2', '7.93826512519948e2', '4.40413735824752e2',
            ]) }}
        else exp(-{{ z }} * {{ z }} / 2e0) / 2.5066282746310005e0
            / ({{ x }} + 1e0 / ({{ x }} + 2e0 / ({{ x }} + 3e0 / ({{ x }} + 4e0 / ({{ x }} + 6.5e-1)))))
    end
{%- endmacro -%}

{#- The normal distribution's share below z. -#}
{%- macro normal_cdf(z) -%}
    case when {{ z }} > 0 then 1e0 - {{ ad_funnel.normal_tail(z) }} else {{ ad_funnel.normal_tail(z) }} end
{%- endmacro -%}

{#- The two-sided p-value of z: made of the tail, since 1 minus nearly 1 has no digits left. -#}
{%- macro two_sided_p(z) -%}
    2e0 * {{ ad_funnel.normal_tail(z) }}
{%- endmacro -%}

{#-
    Below which z that share of the normal distribution lies: Wichura's algorithm AS 241 (Applied Statistics 37, 1988),
    within 1e-15 of z. NULL beyond its middle branches: below 2e-11 and above 1 minus that.
-#}
{%- macro normal_quantile(share) -%}
    {%- set q = '(' ~ share ~ ' - 5e-1)' -%}
    {%- set near = '(1.80625e-1 - ' ~ q ~ ' * ' ~ q ~ ')' -%}
    {%- set far = '(sqrt(-ln(case when ' ~ q ~ ' < 0 then ' ~ share ~ ' else 1e0 - ' ~ share ~ ' end)) - 1.6e0)' -%}
    case
        when not ({{ share }} > 2e-11 and {{ share }} < 1e0 - 2e-11) then null
        when abs({{ q }}) <= 4.25e-1 then {{ q }}
            * {{ ad_funnel.polynomial(near, [
                '2.5090809287301226727e3', '3.3430575583588128105e4', '6.7265770927008700853e4',
                '4.5921953931549871457e4', '1.3731693765509461125e4', '1.9715909503065514427e3',
                '1.3314166789178437745e2', '3.3871328727963666080e0',
            ]) }}
            / {{ ad_funnel.polynomial(near, [
                '5.2264952788528545610e3', '2.8729085735721942674e4', '3.9307895800092710610e4',
                '2.1213794301586595867e4', '5.3941960214247511077e3', '6.8718700749205790830e2',
                '4.2313330701600911252e1', '1e0',
            ]) }}
        else sign({{ q }})
            * {{ ad_funnel.polynomial(far, [
                '7.74545014278341407640e-4', '2.27238449892691845833e-2', '2.41780725177450611770e-1',
                '1.27045825245236838258e0', '3.64784832476320460504e0', '5.76949722146069140550e0',
                '4.63033784615654529590e0', '1.42343711074968357734e0',
            ]) }}
            / {{ ad_funnel.polynomial(far, [
                '1.05075007164441684324e-9', '5.47593808499534494600e-4', '1.51986665636164571966e-2',
                '1.48103976427480074590e-1', '6.89767334985100004550e-1', '1.67638483018380384940e0',
                '2.05319162663775882187e0', '1e0',
            ]) }}
    end
{%- endmacro -%}

{#- The highest power's coefficient first. -#}
{%- macro polynomial(x, coefficients) -%}
    {%- set sql = namespace(text=coefficients[0]) -%}
    {%- for coefficient in coefficients[1:] -%}
        {%- set sql.text = '(' ~ sql.text ~ ' * ' ~ x ~ ' + ' ~ coefficient ~ ')' -%}
    {%- endfor -%}
    {{- return(sql.text) -}}
{%- endmacro -%}


{#-
    The upper tail of the chi-square distribution: the p-value of a sum of squares with so many degrees of freedom. Its
    closed forms for whole numbers (Abramowitz and Stegun 26.4.4 and 26.4.5), with h = chi_square / 2:
      even   exp(-h) * (1 + h + h^2 / 2! + ...), df / 2 terms
      odd    2 * normal_tail(sqrt(2 h)) + exp(-h) * sqrt(h) / gamma(3/2) * (1 + h / (3/2) + ...), (df - 1) / 2 terms
    NULL without a degree of freedom and beyond 30 of them.
-#}
{%- macro chi_square_tail(chi_square, degrees_of_freedom) -%}
    {%- set h, df = '(' ~ chi_square ~ ' / 2e0)', degrees_of_freedom -%}
    {%- set terms, products = ['1e0'], namespace(even=1.0, odd=1.0) -%}
    {%- for i in range(1, 15) -%}
        {%- set products.even = products.even * i -%}
        {%- set products.odd = products.odd * (i + 0.5) -%}
        {%- do terms.append(
            'case when ' ~ df ~ ' >= ' ~ (2 * i + 2) ~ ' then power(' ~ h ~ ', ' ~ i ~ ') / case when mod(' ~ df
            ~ ', 2) = 1 then ' ~ products.odd ~ 'e0 else ' ~ products.even ~ 'e0 end else 0e0 end'
        ) -%}
    {%- endfor -%}
    {%- set series = '(' ~ terms | join(' + ') ~ ')' -%}
    case
        when not {{ df }} between 1 and 30 then null
        when {{ h }} > 700 then 0e0
        when mod({{ df }}, 2) = 0 then exp(-{{ h }}) * {{ series }}
        else {{ ad_funnel.two_sided_p('sqrt(' ~ chi_square ~ ')') }}
            + case
                when {{ df }} > 1 then exp(-{{ h }}) * sqrt({{ h }}) / 8.86226925452758e-1 * {{ series }}
                else 0e0
            end
    end
{%- endmacro -%}


{#-
    The variance of a ratio of two sums over independent units, by the delta method (Deng, Knoblich and Lu, Applying the
    delta method in metric analytics, KDD 2018): of numerator x and denominator y, with the ratio r,
        (sum x^2 - 2 r sum x y + r^2 sum y^2) / (sum y)^2
    Where each unit is one row that did the thing or did not, that is r (1 - r) / n, the variance of a share. (No
    `greatest`: it takes 0 for NULL on some engines, and what is unknown would be certain.)
-#}
{%- macro ratio_variance(ratio, xx, xy, yy, y) -%}
    {%- set squares = '(' ~ xx ~ ' - 2e0 * ' ~ ratio ~ ' * ' ~ xy ~ ' + ' ~ ratio ~ ' * ' ~ ratio ~ ' * ' ~ yy ~ ')' -%}
    case when {{ squares }} < 0 then 0e0 else {{ squares }} end / ({{ y }} * {{ y }})
{%- endmacro -%}

{#-
    How many equal units a sum is worth whose terms differ (Kish): (sum)^2 / sum of squares. A thousand orders of which
    one is as large as all others are worth four.
-#}
{%- macro effective_count(sum, sum_of_squares) -%}
    case when {{ sum_of_squares }} > 0 then {{ sum }} * {{ sum }} / {{ sum_of_squares }} else 0e0 end
{%- endmacro -%}


{#- The normal quantile of intervals of 95 %. -#}
{%- macro z_of_95_percent() -%}{{- return('1.959963984540054e0') -}}{%- endmacro -%}

{#-
    Wilson's score interval of a share of n rows (Wilson, 1927), its lower (sign -1) or upper (1) end: never outside
    [0, 1] (but for the last digit, which is cut), and exactly 0 or 1 where the share is. `z` is the normal quantile of
    the confidence.
-#}
{%- macro wilson_end(share, n, z, sign) -%}
    {%- set end = '0e0' if sign | int < 0 else '1e0' -%}
    case
        when {{ n }} > 0 and {{ share }} = {{ end }} then {{ end }}
        when {{ n }} > 0 then greatest(0e0, least(1e0, (
            {{ share }} + {{ z }} * {{ z }} / (2e0 * {{ n }}) + {{ sign }} * {{ z }} * sqrt(
                {{ share }} * (1e0 - {{ share }}) / {{ n }} + {{ z }} * {{ z }} / (4e0 * {{ n }} * {{ n }})
            )
        ) / (1e0 + {{ z }} * {{ z }} / {{ n }})))
    end
{%- endmacro -%}

{#-
    The interval of a positive ratio that is no share, normal on the scale of its logarithm: so no end is below 0. NULL
    for none, and where it would reach beyond all sense.
-#}
{%- macro positive_end(ratio, variance, z, sign) -%}
    case
        when {{ ratio }} > 0 and {{ z }} * sqrt({{ variance }}) < 50 * {{ ratio }}
            then {{ ratio }} * exp({{ sign }} * {{ z }} * sqrt({{ variance }}) / {{ ratio }})
    end
{%- endmacro -%}

{#-
    The interval of value / base by Fieller (1954), of two independent estimates with their variances: those quotients
    that a z-test of value - quotient * base does not refuse. NULL where the base itself may be 0.
-#}
{%- macro quotient_end(value, variance, base, base_variance, z, sign) -%}
    {%- set known = '(' ~ base ~ ' * ' ~ base ~ ' - ' ~ z ~ ' * ' ~ z ~ ' * ' ~ base_variance ~ ')' -%}
    case
        when {{ base }} > 0 and {{ known }} > 0 then (
            {{ value }} * {{ base }} + {{ sign }} * {{ z }} * sqrt(
                {{ value }} * {{ value }} * {{ base_variance }} + {{ variance }} * {{ known }}
            )
        ) / {{ known }}
    end
{%- endmacro -%}


{#-
    A p-value that holds whenever, and however often, one looks: by the mixture sequential probability ratio test with a
    normal mixture (Johari, Koomen, Pekelis and Walsh, Peeking at A/B tests, KDD 2017). With the variance v of the
    difference d and that of the mixture, m: the likelihood ratio is sqrt(v / (v + m)) * exp(m d^2 / (2 v (v + m))), and
    p is 1 over it, at most 1. It finds best the differences of about sqrt(m).
-#}
{%- macro always_valid_p(difference, variance, mixture) -%}
    {%- set evidence -%}
        ({{ mixture }} * {{ difference }} * {{ difference }} / (2e0 * {{ variance }} * ({{ variance }} + {{ mixture }}))
            + ln({{ variance }} / ({{ variance }} + {{ mixture }})) / 2e0)
    {%- endset -%}
    case
        when not ({{ variance }} > 0 and {{ mixture }} > 0) then null
        when {{ evidence }} <= 0 then 1e0
        when {{ evidence }} > 700 then 0e0
        else exp(-{{ evidence }})
    end
{%- endmacro -%}
