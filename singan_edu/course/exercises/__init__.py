"""The exercises of the course, one module per lesson: ``lesson_01.EXERCISES`` and so on.

Each is found by ``checks.find``. The tests give every one a blank answer, the solution that stands
in the lesson, and each of its mistakes.
"""
