"""Waivers: findings that the project accepts until an expiry date."""
