"""How gunicorn serves the product; read by itself from the working directory, flags on the command line win."""

workers = 2
worker_class = "gthread"
threads = 32  # most of a webhook is waiting for PostgreSQL
keepalive = 75  # longer than the providers keep their connections
timeout = 30  # a worker that is silent for so many seconds is replaced
graceful_timeout = 10
max_requests, max_requests_jitter = 50_000, 5_000  # a fresh process now and then, never all at once
control_socket_disable = True  # it would be opened below $HOME


def post_worker_init(worker):
    """Open streams end when their worker is to end, instead of keeping it until it is killed."""
    hub = getattr(worker.wsgi, "extensions", {}).get("live")
    if hub is not None:
        hub.is_serving = lambda: worker.alive
