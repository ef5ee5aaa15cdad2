"""Ten workers fill one dict."""
