# Yours: bffgen wrote this once and leaves it alone.
"""The gateway as a server runs it. Add routes and middleware of your own to `app`."""

from storefront import create_app

app = create_app()
