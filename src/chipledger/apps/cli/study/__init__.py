"""`chipledger study`: a study by others as data, each of its claims with what stands for and against it."""
