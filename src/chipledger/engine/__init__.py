"""One runner of a pure function over many items: in this process or in several, in order, each item under a limit.

`run` chooses; `inline` works here, `pool` in processes whose inner side is `worker`. Nothing here knows what the
items are.
"""
