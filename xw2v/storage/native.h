/* The interface of a library of C functions to Python, each part declared once, as a list.

   A list of members is a macro of one parameter M, with M(type, name) for each member; a list of
   constants has K(name, value) for each. From them this header makes the structure and the enum,
   and two functions that export them: xw2v_members_of_<structure>() and xw2v_constants().
   xw2v/storage/native.py compares the members with those of the ctypes structure of the same name
   when it loads the library, and reads the constants.

       #define POINT_MEMBERS(M) M(double, x) M(double, y)
       NATIVE_STRUCTURE(Point, POINT_MEMBERS)

       #define CONSTANTS(K) K(MAX_POINTS, 1000)
       NATIVE_CONSTANTS(CONSTANTS)
*/

#pragma once

#include <stddef.h>
#include <stdint.h>

/* Rows of the exported tables; the last one's name is null. native.py: Member, Constant. */
typedef struct {
    const char *name;
    int64_t offset; /* in bytes */
    int64_t size;
} NativeMember;

typedef struct {
    const char *name;
    int64_t value;
} NativeConstant;

#define NATIVE_DECLARE_MEMBER(type, name) type name;
#define NATIVE_DESCRIBE_MEMBER(type, name)                                                         \
    {#name, offsetof(Described, name), sizeof(((Described *)0)->name)},

#define NATIVE_STRUCTURE(Structure, MEMBERS)                                                       \
    typedef struct {                                                                               \
        MEMBERS(NATIVE_DECLARE_MEMBER)                                                             \
    } Structure;                                                                                   \
    const NativeMember *xw2v_members_of_##Structure(void) {                                        \
        typedef Structure Described;                                                               \
        static const NativeMember members[] = {MEMBERS(NATIVE_DESCRIBE_MEMBER){NULL, 0, 0}};       \
        return members;                                                                            \
    }

#define NATIVE_DECLARE_CONSTANT(name, value) name = (value),
#define NATIVE_DESCRIBE_CONSTANT(name, value) {#name, name},

#define NATIVE_CONSTANTS(CONSTANTS)                                                                \
    enum { CONSTANTS(NATIVE_DECLARE_CONSTANT) };                                                   \
    const NativeConstant *xw2v_constants(void) {                                                   \
        static const NativeConstant constants[] = {CONSTANTS(NATIVE_DESCRIBE_CONSTANT){NULL, 0}};  \
        return constants;                                                                          \
    }
