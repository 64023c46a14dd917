/* Functions of Python's stable interface, whose addresses python_api.py gives to a library. So one
   that works on Python's objects is compiled and linked without Python, and once for all of its
   versions. Names, arguments, results and who owns a reference are as Python's manual has them. */

#pragma once

#include "native.h"

typedef struct Object Object; /* PyObject, whose members are another version's business */

#define FUNCTION(result, arguments) __typeof__(result(*) arguments)
#define PYTHON_API_MEMBERS(M)                                                                      \
    M(FUNCTION(Object *, (void)), PyErr_Occurred)                                                  \
    M(FUNCTION(intptr_t, (Object *)), PyObject_Hash)                                               \
    M(FUNCTION(int, (Object *)), PyObject_IsTrue)                                                  \
    M(FUNCTION(char *, (Object *)), PyByteArray_AsString)                                          \
    M(FUNCTION(intptr_t, (Object *)), PyByteArray_Size)                                            \
    M(FUNCTION(Object *, (Object *, Object *)), PyDict_GetItemWithError)                           \
    M(FUNCTION(int, (Object *, Object *)), PyList_Append)                                          \
    M(FUNCTION(Object *, (Object *)), PyList_AsTuple)                                              \
    M(FUNCTION(Object *, (Object *, intptr_t)), PyList_GetItem)                                    \
    M(FUNCTION(Object *, (Object *, intptr_t, intptr_t)), PyList_GetSlice)                         \
    M(FUNCTION(Object *, (intptr_t)), PyList_New)                                                  \
    M(FUNCTION(int, (Object *, intptr_t, Object *)), PyList_SetItem)                               \
    M(FUNCTION(int, (Object *, intptr_t, intptr_t, Object *)), PyList_SetSlice)                    \
    M(FUNCTION(intptr_t, (Object *)), PyList_Size)                                                 \
    M(FUNCTION(Object *, (Object *)), PySequence_List)                                             \
    M(FUNCTION(int, (Object *, Object *)), PySet_Contains)                                         \
    M(FUNCTION(Object *, (Object *, intptr_t)), PyTuple_GetItem)                                   \
    M(FUNCTION(intptr_t, (Object *)), PyTuple_Size)                                                \
    M(FUNCTION(void, (Object *)), Py_IncRef)                                                       \
    M(FUNCTION(void, (Object *)), Py_DecRef)

NATIVE_STRUCTURE(PythonApi, PYTHON_API_MEMBERS)

static PythonApi python;

void xw2v_use_python(const PythonApi *functions) { python = *functions; }
