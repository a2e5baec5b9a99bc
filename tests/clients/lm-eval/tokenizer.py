"""Writes the tokenizer of a GGUF file with byte-level BPE as a folder that `transformers` reads."""

import sys

from gguf import GGUFReader
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

CONTROL = 3

source, folder = sys.argv[1:]
fields = GGUFReader(source).fields


def texts(name: str) -> list[str]:
    field = fields[name]
    return [bytes(field.parts[at]).decode("utf-8") for at in field.data]


def numbers(name: str) -> list[int]:
    field = fields[name]
    return [int(field.parts[at][0]) for at in field.data]


tokens = texts("tokenizer.ggml.tokens")
merges = [tuple(merge.split(" ")) for merge in texts("tokenizer.ggml.merges")]
tokenizer = Tokenizer(models.BPE(vocab={token: at for at, token in enumerate(tokens)}, merges=merges))
# What llama.cpp does for the pre-tokenizer `smollm`.
tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
    [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
)
tokenizer.decoder = decoders.ByteLevel()
kinds = numbers("tokenizer.ggml.token_type")
control = [AddedToken(token, special=True) for token, kind in zip(tokens, kinds) if kind == CONTROL]
tokenizer.add_special_tokens(control)
(end,) = numbers("tokenizer.ggml.eos_token_id")
(begin,) = numbers("tokenizer.ggml.bos_token_id")
PreTrainedTokenizerFast(
    tokenizer_object=tokenizer, eos_token=tokens[end], bos_token=tokens[begin], pad_token=tokens[end]
).save_pretrained(folder)
