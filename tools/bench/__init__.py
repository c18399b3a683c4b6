"""The rows of ./dev bench, one module for each kind. A row is a dict: what, unit, ours, limit, and floor (then the limit is a
ratio) or not (then it is in the row's unit); `skipped` with the reason instead of figures."""
