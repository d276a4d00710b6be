"""chipledger: who used which AI chips for what, where is that written, and what did the rules say that day."""

__version__ = "0.1.0"
