"""One company's work with the service: plain classes that know the models and the interface."""
