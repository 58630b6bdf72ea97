"""What a trained model is used for: one module for each application, and what they share.

Images come from ``SinGAN.run_from``; ``super_resolve``, ``retrain_level`` and the studies train,
too.
"""
