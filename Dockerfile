FROM python:3.11-slim AS build
COPY requirements.txt /
# Only what stands under "# The product", at the pinned versions: no servers, no tests.
RUN python -m venv /venv \
 && sed -n '/^# The product/,/^$/{s/ *#.*//;/./p}' requirements.txt > product.txt \
 && sed 's/ *#.*//' requirements.txt > pins.txt \
 && /venv/bin/pip install --no-cache-dir -r product.txt -c pins.txt

FROM python:3.11-slim
RUN useradd --create-home --uid 10001 sew4mi && install -d -o sew4mi /spool
COPY --from=build /venv /venv
WORKDIR /app
COPY app.py worker.py gunicorn.conf.py pyproject.toml ./
COPY bot bot
COPY flows flows
COPY models models
COPY migrations migrations
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 SPOOL_DIR=/spool
USER sew4mi
EXPOSE 8000
CMD ["gunicorn", "--bind", "0.0.0.0:8000", "app:create_app()"]
