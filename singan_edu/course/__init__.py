"""What the lessons are made of: claims, checks, figures, widgets, exercises and labs.

Within ``singan_edu`` only ``cli`` imports it; ``singan_edu.check`` is imported on demand.
"""
