-- A plan for an experiment that neither the assignments nor the ads know. Cure: correct its name in
-- ad_funnel__experiment_plans; or leave it, where the experiment has not begun.
{{ config(severity='warn', enabled=ad_funnel.has_experiments()) }}

select planned.experiment
from (
    {% for experiment in ad_funnel.setting('ad_funnel__experiment_plans') %}
    select '{{ experiment }}' as experiment
    union all
    {% endfor %}
    select null as experiment
) as planned
left join {{ ref('dim_ads__experiments') }} as experiments
    on planned.experiment = experiments.experiment
where planned.experiment is not null and experiments.experiment is null
