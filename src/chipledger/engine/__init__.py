"""One pure function over many items: in this process or in several, in order, under a time limit each.

`run.run` is the way in; `timelimit.attempt` bounds one call, `pool.Pool` keeps the worker processes and
`worker.work` is what each of them does.
"""
