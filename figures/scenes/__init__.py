"""The pictures that ship with the course, each drawn by one module of this package."""
