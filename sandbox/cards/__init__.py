"""The card network: Stripe's REST resources, its hosted checkout page and its signed events."""
