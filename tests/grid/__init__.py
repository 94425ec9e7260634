"""Every kind of model on every kind of table, through the verbs."""
