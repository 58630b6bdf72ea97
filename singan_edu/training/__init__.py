"""How a pyramid is trained, in the order in which the modules build on each other.

``precision``, ``plan`` and ``state`` say what a training is; ``optimizers`` and ``level`` are the
algorithm (start reading at ``level.train_iteration``); ``cost`` estimates, ``callbacks`` report,
``checkpoints`` save, and ``run.train`` stacks the levels.
"""
