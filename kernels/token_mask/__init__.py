"""Which tokens can stand in a text that holds only certain characters, as packed bits.

A tokenizer's pieces are bytes, and a piece may end within a character that a later piece completes. So a mask is for a
state: the bytes of the character that is still open. A text that follows the masks from state to state holds no other
characters than those allowed, and can always go on.
"""

from kernels.token_mask.characters import CharacterSet
from kernels.token_mask.device_masks import TAIL_TOKENS, DeviceMasks
from kernels.token_mask.gate import Draw, Limits, leads_astray
from kernels.token_mask.states import token_tails
from kernels.token_mask.table import MaskTable

__all__ = [
    "TAIL_TOKENS",
    "CharacterSet",
    "DeviceMasks",
    "Draw",
    "Limits",
    "MaskTable",
    "leads_astray",
    "token_tails",
]
