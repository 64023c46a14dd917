/* The functions of complex numbers that NumPy takes from Windows' C library and that Wine 8 lacks
   (emulated.py): formulas that suffice for NumPy's own tests of them at import. Here, as in Windows'
   ABI, complex numbers are structures, and long double is double. */

#include <math.h>

typedef struct {
    float re, im;
} Single;

typedef struct {
    double re, im;
} Double;

static Double of(double re, double im) { return (Double){re, im}; }
static Double product(Double a, Double b) {
    return of(a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re);
}
static Double ratio(Double a, Double b) {
    Double scaled = product(a, of(b.re, -b.im));
    double norm = b.re * b.re + b.im * b.im;
    return of(scaled.re / norm, scaled.im / norm);
}

static double abs_(Double z) { return hypot(z.re, z.im); }
static double arg_(Double z) { return atan2(z.im, z.re); }
static double real_(Double z) { return z.re; }
static double imag_(Double z) { return z.im; }
static Double exp_(Double z) { return of(exp(z.re) * cos(z.im), exp(z.re) * sin(z.im)); }
static Double log_(Double z) { return of(log(abs_(z)), arg_(z)); }
static Double pow_(Double a, Double b) { return exp_(product(b, log_(a))); }
static Double sqrt_(Double z) {
    return of(sqrt((abs_(z) + z.re) / 2), copysign(sqrt((abs_(z) - z.re) / 2), z.im));
}
static Double sin_(Double z) { return of(sin(z.re) * cosh(z.im), cos(z.re) * sinh(z.im)); }
static Double cos_(Double z) { return of(cos(z.re) * cosh(z.im), -sin(z.re) * sinh(z.im)); }
static Double sinh_(Double z) { return of(sinh(z.re) * cos(z.im), cosh(z.re) * sin(z.im)); }
static Double cosh_(Double z) { return of(cosh(z.re) * cos(z.im), sinh(z.re) * sin(z.im)); }
static Double tan_(Double z) { return ratio(sin_(z), cos_(z)); }
static Double tanh_(Double z) { return ratio(sinh_(z), cosh_(z)); }
static Double atan_(Double z) {
    Double above = log_(of(1 - z.im, z.re)), below = log_(of(1 + z.im, -z.re));
    return of((above.im - below.im) / 2, (below.re - above.re) / 2);
}

#define REAL_VALUED(name)                                                                          \
    double xw2v_c##name(Double z) { return name##_(z); }                                           \
    double xw2v_c##name##l(Double z) { return name##_(z); }                                        \
    float xw2v_c##name##f(Single z) { return (float)name##_(of(z.re, z.im)); }
#define COMPLEX_VALUED(name)                                                                       \
    Double xw2v_c##name(Double z) { return name##_(z); }                                           \
    Double xw2v_c##name##l(Double z) { return name##_(z); }                                        \
    Single xw2v_c##name##f(Single z) {                                                             \
        Double value = name##_(of(z.re, z.im));                                                    \
        return (Single){(float)value.re, (float)value.im};                                         \
    }

REAL_VALUED(abs)
REAL_VALUED(arg)
REAL_VALUED(real)
REAL_VALUED(imag)
COMPLEX_VALUED(exp)
COMPLEX_VALUED(log)
COMPLEX_VALUED(sqrt)
COMPLEX_VALUED(sin)
COMPLEX_VALUED(cos)
COMPLEX_VALUED(sinh)
COMPLEX_VALUED(cosh)
COMPLEX_VALUED(tan)
COMPLEX_VALUED(tanh)
COMPLEX_VALUED(atan)

Double xw2v_cpow(Double a, Double b) { return pow_(a, b); }
Double xw2v_cpowl(Double a, Double b) { return pow_(a, b); }
Single xw2v_cpowf(Single a, Single b) {
    Double value = pow_(of(a.re, a.im), of(b.re, b.im));
    return (Single){(float)value.re, (float)value.im};
}
