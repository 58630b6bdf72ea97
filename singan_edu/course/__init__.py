"""What the lessons are made of: claims, checks, figures, widgets, exercises and labs.

Nothing outside this package imports it, except the notebooks, the command line and the tests.
"""
