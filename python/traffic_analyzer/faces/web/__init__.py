"""The JSON endpoint and the page, over HTTP. The only room that knows bottle, and loaded only where it listens."""
