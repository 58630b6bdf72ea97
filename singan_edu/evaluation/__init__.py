"""How good samples are: patches, metrics, SIFID, controls, the scorecard, the real/fake study."""
