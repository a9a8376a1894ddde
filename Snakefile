"""CLL Correlates: from FCS files and clinical tables to a report; the rules stand in workflow/."""


include: "workflow/Snakefile"


rule default:
    default_target: True
    input:
        rules.all.input,
    localrule: True
