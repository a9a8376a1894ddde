"""The exact test of Hardy-Weinberg equilibrium."""


def exact_hwe(n_hom: int, n_het: int, n_other_hom: int) -> float:
    """Return the exact p of Hardy-Weinberg equilibrium.

    Parameters
    ----------
    n_hom, n_het, n_other_hom
        Patients homozygous for one allele, heterozygous, and homozygous for the other.

    Returns
    -------
    The chance, given the alleles that were seen, of a number of heterozygotes that is no more
    likely than the one seen; 1 where only one allele was.

    Raises
    ------
    ValueError
        If a number is negative.

    Notes
    -----
    Chances of neighbouring numbers of heterozygotes follow from each other, from the most likely
    one outwards. Source: Wigginton, Cutler and Abecasis, Am J Hum Genet 2005;76:887.
    """
    if min(n_hom, n_het, n_other_hom) < 0:
        msg = f"a count is negative: {n_hom}, {n_het}, {n_other_hom}"
        raise ValueError(msg)
    n = n_hom + n_het + n_other_hom
    rare = 2 * min(n_hom, n_other_hom) + n_het
    if rare == 0:
        return 1.0
    middle = rare * (2 * n - rare) // (2 * n)
    # as many heterozygotes as the rare allele's copies, or two fewer, four fewer, ...
    middle += (middle - rare) % 2
    chances = {middle: 1.0}
    for het in range(middle, 1, -2):
        homs = (rare - het) // 2, n - het - (rare - het) // 2
        step = het * (het - 1) / (4 * (homs[0] + 1) * (homs[1] + 1))
        chances[het - 2] = chances[het] * step
    for het in range(middle, rare - 1, 2):
        homs = (rare - het) // 2, n - het - (rare - het) // 2
        chances[het + 2] = chances[het] * 4 * homs[0] * homs[1] / ((het + 2) * (het + 1))
    seen = chances[n_het] * (1 + 1e-9)
    return min(1.0, sum(one for one in chances.values() if one <= seen) / sum(chances.values()))
