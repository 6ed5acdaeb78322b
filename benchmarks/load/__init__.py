"""Load as users make it: many languages, tenants and arrival patterns, with locust."""
