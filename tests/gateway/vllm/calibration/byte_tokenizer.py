"""A tokenizer of bytes with a chat template: every script in 256 tokens, and no training."""

from pathlib import Path

import transformers
from tokenizers import Tokenizer
from tokenizers.decoders import ByteLevel as ByteLevelDecoder
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel

_SPECIAL = ("<pad>", "<s>", "</s>", "<user>", "<assistant>")
_TEMPLATE = "<s>{% for message in messages %}<{{ message.role }}>{{ message.content }}{% endfor %}"


def make_byte_tokenizer(folder: Path) -> transformers.PreTrainedTokenizerFast:
    """Saves it beside the model, and gives it."""
    tokens = [*_SPECIAL, *sorted(ByteLevel.alphabet())]
    tokenizer = Tokenizer(BPE({token: number for number, token in enumerate(tokens)}, []))
    tokenizer.pre_tokenizer = ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.decoder = ByteLevelDecoder()
    fast = transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        chat_template=_TEMPLATE,
        pad_token="<pad>",
        bos_token="<s>",
        eos_token="</s>",
        additional_special_tokens=["<user>", "<assistant>"],
    )
    fast.save_pretrained(folder)
    return fast
