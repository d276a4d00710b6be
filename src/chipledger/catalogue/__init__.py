"""What is known of each chip, from which source: facts, computed metrics, systems, and names to chips.

Takes the YAML files under data/; gives frozen records and pure functions over them. Imports core alone.
"""
