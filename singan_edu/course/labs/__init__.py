"""Code that single lessons experiment with: small models, faulty variants and special figures."""
