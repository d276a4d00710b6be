"""Who a name is, which lists name it on a day, and who owns it: lists, names, screening, ownership, judgements."""
