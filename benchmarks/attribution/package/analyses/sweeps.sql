-- What fct_ads__markov_chain's hook runs: of the start and of twenty channels.
{{ config(enabled=ad_funnel.has_data_driven_attribution()) }}
{% for first, end in [(0, 10), (10, 20), (20, 21)] %}
{{ ad_funnel.sweeps(ref('fct_ads__markov_chain'), range(first, end)) }};
{% endfor %}
