"""Where documents and rules meet: mentions become claims, claims become findings with what the rules said.

`lineage` tells which documents only repeat others, `claim` gathers what the documents of a project say together,
`window` asks the rules about the days on which a chip may have been acquired, `brief` says so in a line, `finding` joins
the two, and `context` sets a quote among the words around it.
"""
