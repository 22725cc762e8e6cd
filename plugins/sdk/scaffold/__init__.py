"""Makes a new department's folder, whose tests pass at once: `make plugin NAME=parks DEPARTMENT=D08`."""
