"""Files as a user expects them: complete or absent, locked, larger than memory; and compiled
libraries.
"""
