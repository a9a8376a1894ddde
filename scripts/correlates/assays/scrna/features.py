"""What the rows of a count matrix are: genes, antibodies, hashtags; and which gene is which."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

GENE, ANTIBODY = "Gene Expression", "Antibody Capture"
# Columns of an AnnData's var in which ids and symbols stand, the usual one first.
ID_COLUMNS = ("gene_ids", "gene_id", "ensembl_id", "ensembl", "feature_id", "id")
SYMBOL_COLUMNS = (
    "gene_symbols",
    "gene_symbol",
    "gene_name",
    "gene_names",
    "feature_name",
    "symbol",
)
TYPE_COLUMNS = ("feature_types", "feature_type")
_VERSION = re.compile(r"^(ENS[A-Z]*G\d+)\.\d+$")
_TOTALSEQ = re.compile(r"[-_. ]*totalseq[-_. ]*[abcd]?$", re.I)
_PREFIX = re.compile(r"^(adt|ab|prot|anti[-_ ]?human|hu)[-_. ]+", re.I)
_HASHTAG = re.compile(r"hash|\bhto|^hto|cmo\d", re.I)
ISOTYPE = re.compile(r"isotype|ig[gm]\d?[abc]?([-_ ]|$)|_ctrl|control", re.I)


@dataclass(frozen=True)
class Features:
    """The features of a count matrix, in its order.

    Parameters
    ----------
    ids
        Ensembl ids without version, or whatever the file has instead.
    symbols
        Gene symbols, or names of antibodies.
    kinds
        ``Gene Expression``, ``Antibody Capture``, or another kind of the file.
    """

    ids: np.ndarray
    symbols: np.ndarray
    kinds: np.ndarray

    @property
    def is_gene(self) -> np.ndarray:
        """Which features are genes."""
        return self.kinds == GENE

    @property
    def is_antibody(self) -> np.ndarray:
        """Which features are antibodies against proteins; hashtags of samples are none."""
        hashtags = np.array([bool(_HASHTAG.search(name)) for name in self.symbols], dtype=bool)
        return (self.kinds == ANTIBODY) & ~hashtags

    def only(self, chosen: np.ndarray) -> "Features":
        """Return the chosen features."""
        return Features(self.ids[chosen], self.symbols[chosen], self.kinds[chosen])

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.ids)


def make_features(
    ids: Iterable[str], symbols: Iterable[str] | None = None, kinds: Iterable[str] | None = None
) -> Features:
    """Return features from columns of text; without kinds all are genes.

    Parameters
    ----------
    ids
        Ids or names; a version of an Ensembl id is dropped.
    symbols
        Symbols; the ids where there are none.
    kinds
        Kinds, as Cell Ranger names them.
    """
    plain = [_VERSION.sub(r"\1", str(one).strip()) for one in ids]
    named = plain if symbols is None else [str(one).strip() for one in symbols]
    typed = [GENE] * len(plain) if kinds is None else [str(one).strip() or GENE for one in kinds]
    return Features(*(np.array(column, dtype=object) for column in (plain, named, typed)))


def find_genes(features: Features, wanted: Sequence[str], ids: Mapping[str, str]) -> dict[str, int]:
    """Find genes of a matrix by their Ensembl id, else by their symbol.

    Parameters
    ----------
    features
        Genes of the matrix.
    wanted
        Symbols.
    ids
        Ensembl id of each symbol, as far as known.

    Returns
    -------
    Place of each gene that is in the matrix once. One that is not there, or whose symbol stands
    there several times and whose id does not, is absent from the answer.
    """
    by_id = _places(features.ids)
    by_symbol = _places([str(one).upper() for one in features.symbols])
    found = {}
    for symbol in wanted:
        places = by_id.get(ids.get(symbol, ""), []) or by_symbol.get(symbol.upper(), [])
        if len(places) == 1:
            found[symbol] = places[0]
    return found


def mitochondrial(features: Features) -> np.ndarray:
    """Return which genes lie on the mitochondrial genome, by the prefix of their symbols."""
    return np.array([str(one).upper().startswith("MT-") for one in features.symbols], dtype=bool)


def protein_keys(names: Iterable[str], aliases: Mapping[str, str]) -> list[str]:
    """Return the key of each antibody: ``CD20_TotalSeqB`` and ``anti-human_CD20`` are ``cd20``.

    Parameters
    ----------
    names
        Antibodies as the file names them.
    aliases
        Keys that the study gives to names of its own.
    """
    own = {name.lower(): key for name, key in aliases.items()}
    return [own.get(str(name).lower()) or _protein_key(str(name)) for name in names]


def _protein_key(name: str) -> str:
    bare = _PREFIX.sub("", _TOTALSEQ.sub("", name.strip()))
    # A clone may follow the antigen: CD20-2H7, CD3 (UCHT1), CD127.IL7RA.
    bare = re.split(r"[\s(|.]", bare)[0] or bare
    cd = re.match(r"(cd\d+[a-z]{0,2})(?=[-_]|$)", bare, re.I)
    return re.sub(r"[^a-z0-9]", "", (cd[1] if cd else bare).lower())


def _places(names: Iterable[str]) -> dict[str, list[int]]:
    places: dict[str, list[int]] = {}
    for place, name in enumerate(names):
        places.setdefault(name, []).append(place)
    return places
