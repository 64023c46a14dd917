/* The phrases in lists of tokens: a part of scan.c. `analyzed` of phrasetable.py says what they
   are, and is the oracle in the tests.

   Most candidates are no phrases. A Bloom filter of the hashes of all phrases rules them out, and
   the few others are looked up in a dictionary. Python keeps the hash of each string in it. */

#pragma once

#include <stdbool.h>

#include "python_api.h"
#include "word_break.h"

#define HASH_FACTOR 0x9E3779B97F4A7C15u

/* What is searched for, in Python a tuple. */
typedef struct {
    Object *phrases;    /* dict: a tuple of tokens -> a tuple of the phrase and its score */
    Object *connectors; /* frozenset: they stay between the tokens of a phrase */
    uint8_t *filter;    /* (mask + 1,) bits of the hashes of both; a bytearray */
    uint64_t mask;
} PhraseTable;

/* The table that a tuple is. */
INLINE PhraseTable table_of(Object *tuple) {
    Object *filter = python.PyTuple_GetItem(tuple, 2);
    return (PhraseTable){
        .phrases = python.PyTuple_GetItem(tuple, 0),
        .connectors = python.PyTuple_GetItem(tuple, 1),
        .filter = (uint8_t *)python.PyByteArray_AsString(filter),
        .mask = (uint64_t)python.PyByteArray_Size(filter) - 1,
    };
}

/* The hash of tokens (0 of none) and one more. */
INLINE uint64_t hash_more(uint64_t hash, uint64_t token) {
    hash = (hash ^ token) * HASH_FACTOR;
    return hash ^ hash >> 32;
}

/* The byte of the filter where a hash has its two bits. */
INLINE uint8_t *filter_byte(const PhraseTable *table, uint64_t hash) {
    return table->filter + (hash >> 32 & table->mask);
}

INLINE uint8_t filter_bits(uint64_t hash) {
    return (uint8_t)(1 << (hash & 7) | 1 << (hash >> 3 & 7));
}

INLINE bool may_have(const PhraseTable *table, uint64_t hash) {
    return (filter_bits(hash) & ~*filter_byte(table, hash)) == 0;
}

/* Put phrases or connectors into the filter of a table: a list of tuples of tokens, returned. */
Object *xw2v_fill_filter(Object *table_tuple, Object *records) {
    const PhraseTable table = table_of(table_tuple);
    for (intptr_t i = 0; i < python.PyList_Size(records); i++) {
        Object *record = python.PyList_GetItem(records, i);
        uint64_t hash = 0;
        for (intptr_t k = 0; k < python.PyTuple_Size(record); k++) {
            const intptr_t of_token = python.PyObject_Hash(python.PyTuple_GetItem(record, k));
            if (of_token == -1) return NULL;
            hash = hash_more(hash, (uint64_t)of_token);
        }
        *filter_byte(&table, hash) |= filter_bits(hash);
    }
    python.Py_IncRef(records);
    return records;
}

/* The phrase that is tokens[start:end], borrowed; NULL where there is none, or an exception. */
static Object *phrase_of(const PhraseTable *table, Object *tokens, intptr_t start, intptr_t end) {
    Object *words = python.PyList_GetSlice(tokens, start, end);
    Object *key = words != NULL ? python.PyList_AsTuple(words) : NULL;
    Object *phrase = key != NULL ? python.PyDict_GetItemWithError(table->phrases, key) : NULL;
    if (key != NULL) python.Py_DecRef(key);
    if (words != NULL) python.Py_DecRef(words);
    return phrase;
}

/* Put a borrowed token at a place of a list. */
INLINE bool put(Object *tokens, intptr_t place, Object *token) {
    python.Py_IncRef(token);
    return python.PyList_SetItem(tokens, place, token) == 0;
}

/* Join phrases, from left to right, in place, and drop empty tokens that end none.

   tokens: a list that nobody else has.
   found: a list that phrases are appended to with their scores; may be NULL.
   Returns false where an exception is raised. */
static bool join(const PhraseTable *table, Object *tokens, Object *found) {
    const intptr_t size = python.PyList_Size(tokens);
    intptr_t kept = 0;   /* tokens of the result so far, at the beginning of the list */
    intptr_t first = -1; /* which of them may begin a phrase */
    uint64_t hash = 0;   /* of the tokens from there on */
    for (intptr_t i = 0; i < size; i++) {
        Object *token = python.PyList_GetItem(tokens, i);
        if (kept < i && !put(tokens, kept, token)) return false;
        kept++;
        const intptr_t hash_or_error = python.PyObject_Hash(token);
        if (hash_or_error == -1) return false;
        const uint64_t of_token = hash_more(0, (uint64_t)hash_or_error);
        const uint64_t of_all = hash_more(hash, (uint64_t)hash_or_error);
        if (may_have(table, of_token)) {
            const int is_connector = python.PySet_Contains(table->connectors, token);
            if (is_connector < 0) return false;
            if (is_connector) {
                hash = of_all;
                continue;
            }
        }
        if (first >= 0 && may_have(table, of_all)) {
            Object *phrase = phrase_of(table, tokens, first, kept);
            if (phrase != NULL) {
                if (found != NULL && python.PyList_Append(found, phrase) < 0) return false;
                if (!put(tokens, first, python.PyTuple_GetItem(phrase, 0))) return false;
                kept = first + 1;
                first = -1;
                continue;
            }
            if (python.PyErr_Occurred()) return false;
        }
        const int is_word = python.PyObject_IsTrue(token); /* not empty */
        if (is_word < 0) return false;
        first = is_word ? kept - 1 : -1;
        kept -= !is_word;
        hash = of_token;
    }
    return kept == size || python.PyList_SetSlice(tokens, kept, size, NULL) == 0;
}

/* A new list of the tokens of an iterable, phrases joined. */
Object *xw2v_join_phrases(Object *table_tuple, Object *sentence) {
    const PhraseTable table = table_of(table_tuple);
    Object *tokens = python.PySequence_List(sentence);
    if (tokens == NULL || join(&table, tokens, NULL)) return tokens;
    python.Py_DecRef(tokens);
    return NULL;
}

/* A list of the phrases in an iterable of tokens, with their scores. */
Object *xw2v_find_phrases(Object *table_tuple, Object *sentence) {
    const PhraseTable table = table_of(table_tuple);
    Object *tokens = python.PySequence_List(sentence);
    if (tokens == NULL) return NULL;
    Object *found = python.PyList_New(0);
    if (found != NULL && !join(&table, tokens, found)) {
        python.Py_DecRef(found);
        found = NULL;
    }
    python.Py_DecRef(tokens);
    return found;
}
