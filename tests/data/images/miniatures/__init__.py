"""Data sets as their owners publish them, in miniature: the layout and every known trap, with drawn faces.

Each function fills a folder and returns it. The tests of the readers know what is in it.
"""

from tests.data.images.miniatures import expressions, identities
from tests.data.images.miniatures.drawn import face, put, write
from tests.data.images.miniatures.identities import write_records

__all__ = ["MINIATURES", "face", "put", "write", "write_records"]

#: Miniature -> its reader and the function that makes it.
MINIATURES = {
    "affectnet": ("affectnet", expressions.affectnet),
    "affectnet_npy": ("affectnet", expressions.affectnet_npy),
    "celeba": ("celeba", identities.celeba),
    "celeba_flat": ("celeba", lambda root: identities.celeba(root, flat=True)),
    "emotionet": ("emotionet", expressions.emotionet),
    "fgnet": ("fgnet", identities.fgnet),
    "imdb_wiki": ("imdb_wiki", identities.imdb_wiki),
    "lfw": ("lfw", identities.lfw),
    "msceleb": ("msceleb", identities.msceleb),
    "msceleb_records": ("msceleb", identities.msceleb_records),
    "rafdb": ("rafdb", expressions.rafdb),
    "sfew": ("sfew", expressions.sfew),
    "tfeid": ("tfeid", expressions.tfeid),
    "tiny_imagenet": ("tiny_imagenet", expressions.tiny_imagenet),
    "unbc": ("unbc", expressions.unbc),
    "unbc_double": ("unbc", lambda root: expressions.unbc(root, double=True)),
    "utkface": ("utkface", identities.utkface),
    "vggface2": ("vggface2", identities.vggface2),
}
