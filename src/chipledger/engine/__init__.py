"""One runner of a pure function over many items: in this process, in several or on a cluster, in order.

`run` chooses; `inline` works here, `pool` in processes whose inner side is `worker`, both with a limit on each item; `on_daft` and `on_ray`
hand items to what is an extra each. Nothing here knows what the items are.
"""
