"""The mathematics of skip-gram with negative sampling, in Array API calls: no files, no options, no
array library.
"""
