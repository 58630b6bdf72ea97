"""What a trained pyramid is good for: each application a few lines around ``SinGAN.run_from``."""
