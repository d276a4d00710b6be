"""How a documented chip may have got there: route kinds, which were open when, evidence for and against, odds as ranges."""
