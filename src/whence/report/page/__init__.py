"""The page: one self-contained file, with its templates, style, scripts and libraries."""
