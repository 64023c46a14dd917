"""Token lists from Python: what is no list of words is refused, with the sentence's number.

A word may be any string that the files of a run can hold: not empty, without a line break, and
writable as UTF-8. Only tokens that were not met before are looked at, so that the check costs
little.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence, Set

import numpy as np

from xw2v.errors import InputError, represented, shown


def check_sentence(sentence: object, number: int) -> None:
    """Raise InputError unless `sentence` may be a list of tokens: iterable, in an order, and not a
    text.
    """
    if isinstance(sentence, (str, bytes, bytearray)):
        kind = "a string" if isinstance(sentence, str) else f"of type {type(sentence).__name__}"
        raise InputError(
            f"sentence {number} is {kind}, not a list of tokens: split it first, as in "
            "sentence.split(), or give the path of a file"
        )
    if isinstance(sentence, Mapping):
        raise InputError(
            f"sentence {number} is a {type(sentence).__name__}, not a list of tokens: give the "
            "tokens of its text, as in item['text'].split()"
        )
    if isinstance(sentence, Set):
        raise InputError(
            f"sentence {number} is a {type(sentence).__name__}, which has no order: give a list "
            "of tokens, as in sorted(sentence)"
        )
    if not isinstance(sentence, Iterable) or getattr(sentence, "shape", None) == ():
        raise InputError(
            f"sentence {number} is of type {type(sentence).__name__}, not a list of tokens"
        )


def checked_tokens(
    tokens: list[str], ends: np.ndarray, first_sentence: int, known: Container[str]
) -> list[str]:
    """Tokens of consecutive sentences as plain strings.

    Args:
        ends: (S,) how many tokens come before the end of each sentence.
        first_sentence: number of the first one.
        known: words that were checked before.

    Raises:
        InputError: a token is not a word; with the numbers of its sentence and of the token in it,
            both counted from 0.
    """
    try:
        new = [token for token in set(tokens) if token not in known]
    except TypeError:  # of an unhashable token, such as a list
        new = tokens
    if any(map(fault_of_token, new)):
        place = next(place for place, token in enumerate(tokens) if fault_of_token(token))
        s = int(np.searchsorted(ends, place, side="right"))
        within = place - (int(ends[s - 1]) if s else 0)
        raise InputError(
            f"sentence {first_sentence + s}, token {within}: {fault_of_token(tokens[place])}"
        )
    if all(type(token) is str for token in new):
        return tokens
    return list(map(str, tokens))  # NumPy's strings, which have a repr of their own


def fault_of_token(token: object) -> str:
    """What keeps a token from being a word; empty where nothing does."""
    if not isinstance(token, str):
        nested = isinstance(token, Sequence) and not isinstance(token, (bytes, bytearray))
        advice = (
            "lists are nested too deeply: a sentence is one list of tokens"
            if nested or isinstance(token, np.ndarray)
            else "convert tokens first, as in [str(token) for token in sentence]"
        )
        return f"{represented(token, 40)} is of type {type(token).__name__}, not a string; {advice}"
    if not token:
        return "an empty string is no word; leave it out"
    if "\n" in token:
        return f"{shown(token)} has a line break, which files of words cannot hold; replace it"
    try:
        token.encode()
    except UnicodeEncodeError:
        return f"{shown(token)} cannot be written as UTF-8; replace its lone surrogates"
    return ""
